/** A mistake of the command's user, explained in one line. */
export class UserError extends Error {}
