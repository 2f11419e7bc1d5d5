// A connection to a server that somebody has typed: what answers there may send without end, in one message or in many.
import { Socket } from 'node:net';

/** More than any answer to what is asked of such a server. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
const LOOK_EVERY_MS = 20;

/** Ends it with an error where more comes from now on. @returns stops looking */
export function limitAnswers(socket: Socket, mostBytes = MOST_ANSWER_BYTES): () => void {
  const before = socket.bytesRead;
  // By what the connection has counted: TLS takes the bytes from below the socket.
  const timer = setInterval(() => {
    if (socket.bytesRead - before <= mostBytes) return;
    clearInterval(timer);
    socket.destroy(new Error(`it answers with more than ${mostBytes / 1024 / 1024} MB`));
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** For a connection that is made for few questions. */
export function boundedSocket(): Socket {
  const socket = new Socket();
  socket.once('close', limitAnswers(socket));
  return socket;
}
