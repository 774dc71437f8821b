/** Why an edit is not made. */

/** Thrown inside of this room and answered by `editYaml`; the message goes on after the name of the file. */
export class EditRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EditRefused';
  }
}
