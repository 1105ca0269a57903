@rem On POSIX `exec` in `npm start` replaces npm's shell, so that npm's SIGTERM reaches the service.
@rem Windows has no such command: there, cmd.exe finds this file and runs the rest of the line.
@%*
