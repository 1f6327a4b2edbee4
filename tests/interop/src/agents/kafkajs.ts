/** What both kafkajs agents need: the library with zstd registered, patient through an outage. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs, { type Kafka as KafkaClient } from 'kafkajs'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs

CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
  decompress: async (buffer: Buffer) => promisify(zstdDecompress)(buffer),
})

export const compressionTypes: Readonly<Record<string, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
}

export function connectKafkajs(address: string, clientId: string): KafkaClient {
  return new Kafka({
    clientId,
    brokers: [address],
    logLevel: logLevel.ERROR,
    retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 2000 },
  })
}
