/** Why a PDF gave no result; the message is for people. */
export class ReadingFailed extends Error {
  override name = 'ReadingFailed'
  constructor(
    readonly reason: 'refused' | 'unavailable' | 'failed' | 'too-slow' | 'too-large' | 'stopped',
    message: string,
  ) {
    super(message)
  }
}
