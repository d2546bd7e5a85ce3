/** An error that the user can fix: its message is all there is to say. */
export class UserError extends Error {}
