import { type DestinationStream, type Logger, pino } from 'pino';

/** Members that never reach the log, wherever in a logged object they are. */
const SECRETS = [
  'authorization',
  'refresh-token',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'access_token',
  'refresh_token',
];

/** A JSON line logger that leaves secrets out. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);
  const options = {
    level,
    base: null,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Other members of an error may hold what was sent. */
function serializeError(error: Error) {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack };
}
