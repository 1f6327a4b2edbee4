/** Follows the metadata log: records in, images out. A metadata transaction becomes visible as a whole or not at all. */
import { assert } from '@millrace/base'
import type { MetadataRecord } from '@millrace/protocol'
import { emptyImage, type MetadataImage } from './image.ts'
import { ImageBuilder, type MetadataDelta } from './image-builder.ts'

export interface LoadedMetadata {
  readonly image: MetadataImage
  readonly delta: MetadataDelta
}

export class MetadataLoader {
  #image: MetadataImage
  #transaction: { record: MetadataRecord; offset: number }[] | undefined

  constructor(image: MetadataImage = emptyImage) {
    this.#image = image
  }

  /** The newest image without records of a transaction that has not ended. */
  get image(): MetadataImage {
    return this.#image
  }

  get isInTransaction(): boolean {
    return this.#transaction !== undefined
  }

  /** Applies consecutive records, the first at `baseOffset`. */
  load(records: readonly MetadataRecord[], baseOffset: number): LoadedMetadata {
    const builder = new ImageBuilder(this.#image)
    for (const [index, record] of records.entries()) this.#loadOne(builder, record, baseOffset + index)
    const loaded = builder.build()
    this.#image = loaded.image
    return loaded
  }

  /** Takes the records of a snapshot, which stands for everything below `endOffset`, in place of all that is known. */
  loadSnapshot(records: readonly MetadataRecord[], endOffset: number): LoadedMetadata {
    assert(this.#transaction === undefined, 'no snapshot is loaded inside a metadata transaction')
    const builder = new ImageBuilder(emptyImage)
    for (const record of records) builder.apply(record, endOffset - 1)
    const { image, delta } = builder.build()
    this.#image = { ...image, offset: endOffset - 1 }
    return { image: this.#image, delta }
  }

  /** Notes offsets that hold no metadata records: control records of the log itself. */
  skipTo(lastOffset: number): void {
    if (lastOffset > this.#image.offset) this.#image = { ...this.#image, offset: lastOffset }
  }

  #loadOne(builder: ImageBuilder, record: MetadataRecord, offset: number): void {
    switch (record.type) {
      case 'BeginTransactionRecord':
        assert(this.#transaction === undefined, `a metadata transaction begins at ${offset} inside another`)
        this.#transaction = []
        builder.apply(record, offset)
        return
      case 'EndTransactionRecord': {
        const held = this.#transaction
        assert(held !== undefined, `a metadata transaction ends at ${offset} that never began`)
        this.#transaction = undefined
        for (const each of held) builder.apply(each.record, each.offset)
        builder.apply(record, offset)
        return
      }
      case 'AbortTransactionRecord':
        assert(this.#transaction !== undefined, `a metadata transaction is aborted at ${offset} that never began`)
        this.#transaction = undefined
        builder.apply(record, offset)
        return
      default:
        if (this.#transaction === undefined) builder.apply(record, offset)
        else this.#transaction.push({ record, offset })
    }
  }
}
