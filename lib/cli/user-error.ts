/** What the user of the command did wrong, in one line for people. */
export class UserError extends Error {}
