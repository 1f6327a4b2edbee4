/** What is seen at a glance: the groups, who reads which partition, how far behind they are. */
import { formatCount } from '../terminal/format.ts'
import { memberStyle, type Paint } from '../terminal/paint.ts'
import { sparkline } from '../terminal/sparkline.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { groupNames } from './groups.ts'
import { partitionCount } from './order.ts'
import type { Shop } from './shop.ts'

export interface GroupView {
  readonly name: string
  readonly memberCount: number
  /** By partition: the number of the member that reads it; `dead` when that member is not alive any more. */
  readonly readers: readonly (number | 'dead' | undefined)[]
  /** The newest is the last. */
  readonly lags: readonly number[]
  readonly orderCount: number
  readonly againCount: number
  readonly movedCount: number
  readonly headline: string
}

export interface ShopView {
  readonly orderCount: number
  /** Per second. */
  readonly rate: number
  readonly groups: readonly GroupView[]
}

export function viewOf(shop: Shop): ShopView {
  const { ownership, services, lag, books, options } = shop
  const groups = groupNames.map((name) => ({
    name,
    memberCount: ownership.members(name).length,
    readers: ownership.owners(name).map((owner) => {
      if (owner === undefined) return undefined
      return ownership.isDead(name, owner) ? ('dead' as const) : Number(owner.split('-').at(-1))
    }),
    lags: lag.history(name),
    orderCount: services[name].orderCount,
    againCount: services[name].againCount,
    movedCount: ownership.movedCount(name),
    headline: services[name].headline,
  }))
  return { orderCount: books.orderCount, rate: options.rate, groups }
}

const wideColumns = 110
/** A lag of so many seconds is a full bar; of so many, it stands out. */
const lagTopSeconds = 4
const behindSeconds = 3

function readerCell(reader: number | 'dead' | undefined, paint: Paint): string {
  if (reader === undefined) return paint('dim', '·')
  return reader === 'dead' ? paint('red', '✗') : paint(memberStyle(reader), String(reader))
}

/** Lines for a terminal of so many columns. */
export function dashboardLines({ orderCount, rate, groups }: ShopView, columns: number, paint: Paint): string[] {
  const sparkWidth = columns >= wideColumns ? 24 : 12
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition).join(' ')
  const table: readonly Column[] = [
    { title: ' GROUP', widthMin: 13 },
    { title: 'MEMBERS', align: 'right' },
    { title: partitions },
    { title: 'LAG', align: 'right', widthMin: 5 },
    { title: '', widthMin: sparkWidth },
    { title: 'ORDERS', align: 'right', widthMin: 6 },
    { title: 'AGAIN', align: 'right' },
    { title: 'MOVED', align: 'right' },
    { title: '' },
  ]
  const rows = groups.map((group) => {
    const lag = group.lags.at(-1) ?? 0
    const isBehind = lag > rate * behindSeconds
    return [
      ` ${paint('bold', group.name)}`,
      String(group.memberCount),
      group.readers.map((reader) => readerCell(reader, paint)).join(' '),
      isBehind ? paint('yellow', formatCount(lag)) : formatCount(lag),
      paint(isBehind ? 'yellow' : 'green', sparkline(group.lags, sparkWidth, rate * lagTopSeconds)),
      formatCount(group.orderCount),
      formatCount(group.againCount),
      formatCount(group.movedCount),
      paint('dim', group.headline),
    ]
  })
  const [head = '', ...lines] = tableLines(table, rows)
  const title = ` ${formatCount(orderCount)} orders produced, ${rate} a second, in ${partitionCount} partitions`
  return ['', paint('bold', title), paint('dim', head), ...lines]
}
