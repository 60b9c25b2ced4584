import type { Approval, CertificateRequest, RequestKind } from '../../core/records.ts';
import { formatTimestamp } from './times.ts';

export type RequestType = 'new_request' | 'reissue' | 'duplicate' | 'revoke';

const TYPES: Readonly<Record<RequestKind, RequestType>> = {
  new: 'new_request',
  renew: 'new_request',
  reissue: 'reissue',
  duplicate: 'duplicate',
  revoke: 'revoke',
  import: 'new_request',
};

export function requestType({ kind }: Pick<CertificateRequest, 'kind'>): RequestType {
  return TYPES[kind];
}

/** What people have said of a request. One that was called off before anybody did counts as rejected. */
export function approvalStatus(request: CertificateRequest, approval: Approval): 'pending' | 'approved' | 'rejected' {
  if (approval.state !== 'waiting') return approval.state;
  return request.state === 'needs-approval' ? 'pending' : 'rejected';
}

/** A request as its order lists it. */
export function renderRequestBrief(request: CertificateRequest, approval: Approval) {
  return {
    id: request.id,
    date: formatTimestamp(request.createdAt),
    type: requestType(request),
    status: approvalStatus(request, approval),
    ...(approval.comments === null ? {} : { comments: approval.comments }),
  };
}
