export { overdue } from './deliver-by.ts'
export { DEFAULT_SCHEDULE, expiresAt, nextAttempt, Schedules, type Schedule } from './schedule.ts'
export { afterSending, tellsOfDelay } from './reports.ts'
export { settled, type AttemptEnd, type Circumstances } from './settled.ts'
