export { stsPolicyId, stsPolicyText, type OwnStsPolicy } from './sts-policy.ts'
export { createStsService, type StsServiceOptions } from './sts-service.ts'
