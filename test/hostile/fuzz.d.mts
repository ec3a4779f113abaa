/** What is damaged, by name of the set. */
export const sets: Readonly<Record<'symbols' | 'stripped', { readonly images: readonly string[] }>>;
