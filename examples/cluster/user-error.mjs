/** What the user can mend: its message is all that there is to say. */
export class UserError extends Error {}
