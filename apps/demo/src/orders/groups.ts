/** The four groups of the order service. */
import { Analytics } from './analytics.ts'
import { Inventory } from './inventory.ts'
import { Notification } from './notification.ts'
import { Payment } from './payment.ts'

export const groupNames = ['inventory', 'payment', 'notification', 'analytics'] as const
export type GroupName = (typeof groupNames)[number]

export function newServices() {
  return {
    inventory: new Inventory(),
    payment: new Payment(),
    notification: new Notification(),
    analytics: new Analytics(),
  }
}

export type Services = ReturnType<typeof newServices>

/** Often enough for the lag to look alive; Payment more seldom, so that a member that dies leaves something to be delivered again. */
export const commitIntervalMs: Readonly<Record<GroupName, number>> = {
  inventory: 250,
  payment: 2000,
  notification: 250,
  analytics: 250,
}
