/** The play: what happens to the order service, in which order, and what has to hold. */
import { formatCount, formatDuration, formatEuros, formatMany, formatSeconds } from '../terminal/format.ts'
import { accountDifferences } from './analytics.ts'
import { type GroupName, groupNames } from './groups.ts'
import { partitionCount } from './order.ts'
import { describeMoves } from './ownership.ts'
import type { Shop } from './shop.ts'
import type { Scene as AnyScene, Stage as AnyStage } from './stage.ts'

type Scene = AnyScene<Shop>
type Stage = AnyStage<Shop>

/** Beyond the session timeout, for the members that are left to come together. */
const recoveryLimitMs = 10_000

const everybodyReads: Scene = {
  title: 'Four groups read the same orders',
  about: 'Every group gets every order; within a group, each partition has one reader.',
  seconds: 5,
  async play(stage) {
    const { ownership, books } = stage.place
    await stage.until('all groups read all partitions', () => groupNames.every((group) => ownership.isSettled(group)))
    stage.say(`${groupNames.join(', ')}: one member each, which reads all ${partitionCount} partitions`)
    await stage.until('orders are coming in', () => books.orderCount > 0)
  },
}

const oneMoreMember: Scene = {
  title: 'A second member joins Payment',
  about: 'Half of the partitions move to it, in the middle of the stream.',
  seconds: 5,
  async play(stage) {
    const { name, moves } = await joinPayment(stage)
    const { ownership } = stage.place
    const count = ownership.owners('payment').filter((owner) => owner === name).length
    const detail = `${name} reads ${count} of ${partitionCount} partitions (${moves})`
    stage.check('a member that joins gets its share', count === partitionCount / 2, detail)
  },
}

const aMemberDies: Scene = {
  title: 'That member is killed',
  about: 'kill -9: no goodbye, and not everything committed. The group finds out when its session times out.',
  seconds: 7,
  async play(stage) {
    const { place: shop, signal } = stage
    const { payment } = shop.services
    const { sessionTimeoutMs } = shop.options
    const before = shop.ownership.owners('payment')
    const againBefore = payment.againCount
    const worthIt = Math.max(1, Math.floor(shop.options.rate / 8))
    const hasMuch = async () => (await shop.uncommittedCount('payment', signal, 'payment-2')) >= worthIt
    await stage.until('payment-2 has charged for orders that it has not committed', hasMuch)
    const killedMs = stage.nowMs
    const pid = await shop.kill('payment-2')
    stage.say(
      `kill -9 ${pid}: payment-2 is dead; its session times out after ${formatSeconds(sessionTimeoutMs)}, its partitions wait`,
    )
    await stage.until('the group deals out its partitions anew', () => shop.ownership.isSettled('payment'))
    const tookMs = stage.nowMs - killedMs
    const moves = describeMoves(before, shop.ownership.owners('payment'))
    const detail = `${moves}, ${formatSeconds(tookMs)} after the kill`
    stage.check('a group goes on without a member that died', tookMs <= sessionTimeoutMs + recoveryLimitMs, detail)
    await caughtUp(stage, 'payment')
    const again = formatMany(payment.againCount - againBefore, 'order')
    stage.say(
      `caught up; ${again} came again, because nobody knew that payment-2 had charged for them, and cost nothing`,
    )
  },
}

const itComesBack: Scene = {
  title: 'It is started again, and leaves as one should',
  about: 'It finishes, commits and says goodbye: its partitions go back at once, and nothing comes again.',
  seconds: 5,
  async play(stage) {
    const { place: shop } = stage
    const { payment } = shop.services
    const { name, moves } = await joinPayment(stage)
    stage.say(`moved: ${moves}`)
    await stage.linger(2)
    const before = shop.ownership.owners('payment')
    const againBefore = payment.againCount
    const startedMs = stage.nowMs
    await shop.leave(name)
    await stage.until('payment-1 reads everything', () => shop.ownership.isSettled('payment'))
    const took = formatDuration(stage.nowMs - startedMs)
    await caughtUp(stage, 'payment')
    const again = formatMany(payment.againCount - againBefore, 'order')
    stage.say(`moved: ${describeMoves(before, shop.ownership.owners('payment'))}, in ${took}; ${again} came again`)
  },
}

const oneTooMany: Scene = {
  title: 'Seven members, six partitions',
  about: 'Inventory grows to seven members. A partition has one reader, so one of them has nothing to do.',
  seconds: 6,
  async play(stage) {
    const { place: shop, signal } = stage
    const added = Array.from({ length: partitionCount }, () => shop.join('inventory'))
    let busy: readonly string[] = []
    let idle: readonly string[] = []
    await stage.until('six of seven members have a partition, as the broker sees it', async () => {
      const { state, partitionCounts } = await shop.describe('inventory', signal)
      const membersWith = (count: number) =>
        [...partitionCounts].flatMap(([name, each]) => (each === count ? [name] : []))
      busy = membersWith(1)
      idle = membersWith(0)
      return state === 'Stable' && busy.length === partitionCount && idle.length === 1
    })
    await stage.until('all of them know', () => shop.ownership.isSettled('inventory'))
    for (const name of idle)
      stage.say(`${name}: I am a member, and have nothing to read. I wait for somebody to leave.`)
    const detail = `${busy.length} members read a partition each, ${idle.join(', ')} none`
    stage.check('a member beyond the partitions is idle', busy.length === partitionCount && idle.length === 1, detail)
    await stage.linger(2)
    await Promise.all(added.map((name) => shop.leave(name)))
    await stage.until('one member reads all', () => shop.ownership.isSettled('inventory'))
    stage.say(`six have left; ${shop.ownership.members('inventory').join()} reads everything again`)
  },
}

const aGroupSleeps: Scene = {
  title: 'Notification stops, and goes on',
  about: 'Its lag grows while nobody reads. Then it goes on where it was.',
  seconds: 8,
  async play(stage) {
    const { place: shop, signal } = stage
    const { notification } = shop.services
    await shop.leave('notification-1')
    const { orderCount, againCount, missedCount } = notification
    const allowed = await shop.uncommittedCount('notification', signal)
    stage.say(`stopped after ${formatMany(orderCount, 'order')}; ${formatCount(orderCount - allowed)} are committed`)
    await stage.linger(5)
    stage.say(`${formatMany(shop.books.orderCount - orderCount, 'order')} wait; a new member takes them up`)
    const startedMs = stage.nowMs
    shop.join('notification')
    await caughtUp(stage, 'notification')
    stage.say(`caught up in ${formatDuration(stage.nowMs - startedMs)}`)
    const again = notification.againCount - againCount
    const missed = notification.missedCount - missedCount
    const detail = `${missed} missed, ${again} told again; at least once allows ${allowed}, which were not committed`
    stage.check('a group goes on where it was', missed === 0 && again <= allowed, detail)
  },
}

const fromTheBeginning: Scene = {
  title: 'Analytics is made again from the beginning',
  about: 'The log is still there: a new group reads all of it into a second view.',
  seconds: 4,
  async play(stage) {
    const startedMs = stage.nowMs
    const replay = await stage.place.replay(stage.limited('reading everything again'))
    const { differences, orderCount } = replay
    const took = formatDuration(stage.nowMs - startedMs)
    const found = differences.length === 0 ? 'no difference' : differences.slice(0, 3).join('; ')
    const detail = `${formatMany(orderCount, 'order')} read in ${took}, ${found}`
    stage.check('a view made again equals the live one', differences.length === 0, detail)
  },
}

async function joinPayment(stage: Stage): Promise<{ readonly name: string; readonly moves: string }> {
  const { place: shop } = stage
  const before = shop.ownership.owners('payment')
  const { name, pid } = shop.joinAsProcess('payment')
  stage.say(`${name} joins: process ${pid}`)
  await stage.until('Payment shares its partitions', () => shop.ownership.isSettled('payment'))
  return { name, moves: describeMoves(before, shop.ownership.owners('payment')) }
}

/** Everything that had been ordered by now is handled. */
async function caughtUp(stage: Stage, group: GroupName): Promise<void> {
  const { services, books } = stage.place
  const { orderCount } = books
  await stage.until(`${group} has caught up`, () => services[group].orderCount >= orderCount)
}

export const scenes: readonly Scene[] = [
  everybodyReads,
  oneMoreMember,
  aMemberDies,
  itComesBack,
  oneTooMany,
  aGroupSleeps,
  fromTheBeginning,
]

/** No more orders: everybody finishes and leaves, and the sums are done. */
export const lastScene: Scene = {
  title: 'Closing time',
  about: 'No more orders; everybody finishes, commits and leaves. Then the books are compared.',
  seconds: 1,
  async play(stage) {
    const { place: shop, signal } = stage
    await shop.desk.close()
    const { books, services, lag } = shop
    await stage.until('all groups have handled all orders', () =>
      groupNames.every((group) => services[group].orderCount >= books.orderCount),
    )
    await shop.leaveAll()
    await lag.look(signal)
    checkSums(stage)
  },
}

function checkSums(stage: Stage): void {
  const { books, services, lag } = stage.place
  const { inventory, payment, notification, analytics } = services
  const orders = formatMany(books.orderCount, 'order')

  const isComplete = groupNames.every((group) => services[group].orderCount === books.orderCount)
  const counts = groupNames.map((group) => `${group} ${formatCount(services[group].orderCount)}`).join(', ')
  stage.checkQuietly('every group got every order', isComplete, `${orders} produced; ${counts}`)

  const lags = groupNames.map((group) => lag.lag(group))
  const isCommitted = lags.every((each) => each === 0)
  stage.checkQuietly('everything is committed', isCommitted, `${lags.join(' + ')} orders left, as the cluster sees it`)

  const isPaid = payment.orderCount === books.orderCount && payment.cents === books.cents
  const paid = `${formatMany(payment.orderCount, 'payment')}, ${formatEuros(payment.cents)} of ${formatEuros(books.cents)}`
  stage.checkQuietly(
    'every order is paid once',
    isPaid,
    `${paid}; ${formatMany(payment.againCount, 'order')} came again`,
  )

  const { onShelves, expected } = inventory.balance
  const isSold = [...books.soldByProduct].every(([product, count]) => inventory.soldByProduct.get(product) === count)
  const shelves = `${formatMany(onShelves, 'piece')} there, ${formatCount(expected)} expected`
  stage.checkQuietly('the shelves hold what was not sold', isSold && onShelves === expected, shelves)

  const told = `${formatMany(notification.orderCount, 'notification')}, ${notification.missedCount} out of order`
  stage.checkQuietly('every customer is told in order', notification.missedCount === 0, told)

  const differences = accountDifferences(books.accounts, analytics.snapshot().accounts)
  const view = `${formatMany(books.accounts.size, 'customer')}, ${formatMany(differences.length, 'difference')}`
  stage.checkQuietly('the view is what was ordered', differences.length === 0, view)
}
