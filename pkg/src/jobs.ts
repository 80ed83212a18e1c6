/** The jobs of a store: pieces of work in tasks, which threads are assigned to. */

import type { Job, TaskStatus } from "../wasm/creel.js";
import type { Caller } from "./calls.js";
import { CreelError } from "./errors.js";

/** Says how a task is to stand: all of it, so that what is left out is cleared. */
export interface TaskState {
  /** The task's name in its job. */
  id: string;
  status: TaskStatus;
  /** The thread that works on it; a running task needs one. */
  threadId?: string | null;
  /** Why it last failed. */
  lastError?: string | null;
}

/** Creates, reads, changes and deletes jobs. */
export class Jobs {
  readonly #session: Caller;

  /** @internal */
  constructor(session: Caller) {
    this.#session = session;
  }

  /**
   * Creates a job with its tasks, named in their order, all pending.
   *
   * @throws {CreelError} `empty_name`, `too_large`, or `invalid_field` for a task named twice.
   */
  async create({ name, tasks = [] }: { name: string; tasks?: readonly string[] }): Promise<Job> {
    if (!Array.isArray(tasks) || tasks.some((task) => typeof task !== "string")) {
      throw new CreelError("invalid_field", "tasks: it must be an array of names");
    }
    return this.#session.call((store) => store.createJob(String(name), [...tasks]));
  }

  /** Lists every job, by id. */
  list(): Promise<Job[]> {
    return this.#session.call((store) => store.jobs());
  }

  /**
   * Reads a job.
   *
   * @throws {CreelError} `job_not_found`.
   */
  read(id: string): Promise<Job> {
    return this.#session.call((store) => store.job(String(id)));
  }

  /**
   * Changes a task; resolves to its job.
   *
   * A running task whose thread is deleted goes back to pending by itself and says so.
   *
   * @throws {CreelError} `job_not_found`, `invalid_field`, and what the thread refuses.
   */
  setTask(id: string, task: TaskState): Promise<Job> {
    const { status, threadId, lastError } = task;
    return this.#session.call((store) =>
      store.setTask(String(id), String(task.id), String(status), threadId, lastError),
    );
  }

  /**
   * Deletes a job; the threads assigned to its tasks stay.
   *
   * @throws {CreelError} `job_not_found`.
   */
  delete(id: string): Promise<void> {
    return this.#session.call((store) => store.deleteJob(String(id)));
  }
}
