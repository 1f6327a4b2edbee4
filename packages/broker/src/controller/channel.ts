/** The way to the controller when it is in this process: still a request, an answer, and failures in between. */
import type { Clock } from '@millrace/base'
import type { Request, ResponseInput } from '@millrace/protocol'
import type { TypedApi } from '../handler.ts'
import type { ControllerChannel, ControllerContext } from '../services.ts'
import { type Controller, NotControllerError } from './controller.ts'
import type { ControllerRequest } from './requests.ts'

/** No controller answered in time. */
export class ControllerUnavailableError extends Error {
  override readonly name = 'ControllerUnavailableError'
}

export class LocalControllerChannel implements ControllerChannel {
  readonly #controller: Controller
  readonly #requests: ReadonlyMap<number, ControllerRequest>
  readonly #clock: Clock
  readonly #timeoutMs: number

  /** @param timeoutMs how long to wait for an active controller when the caller gives no time (`request.timeout.ms`) */
  constructor(controller: Controller, requests: readonly ControllerRequest[], clock: Clock, timeoutMs: number) {
    this.#controller = controller
    this.#requests = new Map(requests.map((request) => [request.api.key, request]))
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  async send<A extends TypedApi>(api: A, request: Request<A>, context: ControllerContext): Promise<ResponseInput<A>> {
    const target = this.#requests.get(api.key)
    if (target === undefined) throw new ControllerUnavailableError(`The controller does not serve ${api.name}`)
    const timeoutMs = context.timeoutMs ?? this.#timeoutMs
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(timeoutMs, () => {
        reject(new ControllerUnavailableError(`The controller did not answer ${api.name} within ${timeoutMs} ms`))
      })
      this.#attempt(target, request, context).then(
        (answer) => {
          timer.cancel()
          resolve(answer as ResponseInput<A>)
        },
        (error: unknown) => {
          timer.cancel()
          reject(error)
        },
      )
    })
  }

  async #attempt(target: ControllerRequest, request: unknown, context: ControllerContext): Promise<unknown> {
    await this.#controller.whenActive()
    try {
      return await target.answer(this.#controller, request, context)
    } catch (error) {
      if (error instanceof NotControllerError) throw new ControllerUnavailableError(error.message)
      throw error
    }
  }
}
