// Programs as processes, Apache Kafka as a broker, and what they need installed.
export { BrokerProcess, freePort, type Launch } from './brokers/broker-process.ts'
export { type KafkaSettings, kafkaBroker, newKafkaBroker, serverProperties } from './brokers/kafka.ts'
export { Child, type ChildOptions, type Exit } from './child.ts'
export { TimeLimitError, until, within } from './time-limit.ts'
export { ensurePackages, ensurePrograms, hasProgram, updateIndex } from './tools/apt.ts'
export { cached, hashOf } from './tools/cached.ts'
export { ensureKafkaJars, type KafkaJars, quickJvmOptions, withClasses } from './tools/kafka-jars.ts'
export { ensurePython } from './tools/python.ts'
