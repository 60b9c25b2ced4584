import type { CheckState } from '../../../core/records.ts';
import { toPem } from '../../../pki/pem.ts';
import type { Answer, Call } from '../call.ts';
import { isProved, type ItemFacts, statusOf } from './item-status.ts';
import { checkProvider } from './provider.ts';
import { askedItem } from './queue.ts';

/** `Market::get_ssl_certificate_if_available` */
export async function getSslCertificateIfAvailable(call: Call): Promise<Answer> {
  checkProvider(call);
  const facts = await askedItem(call);
  await call.world.checkouts.notePolled(call.actor, [facts.item.id]);
  const { code, message } = statusOf(facts);
  return {
    data: {
      certificate_pem: facts.certificate === null ? null : toPem('CERTIFICATE', facts.certificate.der),
      // The desk mails its links to the people concerned; nobody else is shown them.
      encrypted_action_urls: { evClickThroughStatus: null, ovCallbackStatus: null },
      status_code: code ?? '',
      status_message: message,
    },
  };
}

type Progress = 'not applicable' | 'not-completed' | 'completed' | 'in-progress';

/** `Market::get_certificate_status_details` */
export async function getCertificateStatusDetails(call: Call): Promise<Answer> {
  checkProvider(call);
  const facts = await askedItem(call);
  const { item, certificate } = facts;
  const data = {
    status_details: detailsOf(facts),
    domain_details: item.names.map((domain) => ({
      domain,
      status: isProved(facts, domain) ? 'VALIDATED' : 'NOTVALIDATED',
    })),
    actionUrls: {},
  };
  return certificate === null ? { data, messages: ['Certificate request is still being processed.'] } : { data };
}

function detailsOf(facts: ItemFacts): Record<string, Progress> {
  const { item, request, certificate } = facts;
  const proved = item.names.every((name) => isProved(facts, name));
  const underway: Progress = request === null ? 'not-completed' : 'in-progress';
  const check = (state: CheckState | undefined): Progress => {
    if (state === undefined) return 'not applicable';
    if (state === 'passed' || certificate !== null) return 'completed';
    return state === 'attention' ? 'in-progress' : 'not-completed';
  };
  const checks = request?.checks ?? {};
  const vetted = Object.values(checks).every((state) => state === 'passed');
  return {
    brandValStatus: 'not applicable',
    certificateStatus: certificate !== null ? 'completed' : underway,
    csrStatus: item.csr === null ? 'not-completed' : 'completed',
    dcvStatus: proved ? 'completed' : underway,
    evClickThroughStatus: check(checks.agreement),
    freeDVUPStatus: 'not applicable',
    organizationValidationStatus: check(checks.organization),
    ovCallbackStatus: check(checks.callback),
    validationStatus: certificate !== null || (proved && vetted && request !== null) ? 'completed' : underway,
  };
}
