// Apache Kafka as a process, for other suites.
export { BrokerProcess, freePort } from './brokers/broker.ts'
export { kafkaBroker, newKafkaBroker } from './brokers/kafka.ts'
export { ensureKafkaJars, type KafkaJars } from './tools/kafka-jars.ts'
