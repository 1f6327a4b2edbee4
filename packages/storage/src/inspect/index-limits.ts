/** Largest index file that is read, in bytes: Kafka's own are at most 10 MiB unless configured otherwise. */
export const indexFileBytesMax = 256 << 20
