declare const brand: unique symbol

/** A primitive that only its owner may mint: a `Uid` is not any number. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
