import { getCredit, getPriceList, getTransaction, listTransactions } from './billing.ts';
import { getCertificate, getCustomerCertificate, listCertificates, listCustomerCertificates } from './certificates.ts';
import { createAuthKey, decodeCsr, listDcvAddresses } from './csr-endpoints.ts';
import { downloadCertificate } from './download.ts';
import type { Endpoint } from './endpoint.ts';
import { importCertificate } from './import.ts';
import { acknowledgeNotification, getNotification, listNotifications, pollNotifications } from './notifications.ts';
import { addNote, scheduleValidationCall, sendSubscriberAgreement } from './process-actions.ts';
import { cancelProcess, getProcess, getProcessInfo, listProcesses } from './processes.ts';
import { getProduct, listProducts } from './products-endpoints.ts';
import { reissueCertificate } from './reissue-certificate.ts';
import { renewCertificate } from './renew-certificate.ts';
import { requestCertificate } from './request-certificate.ts';
import { resend } from './resend.ts';
import { revokeCertificate } from './revoke-certificate.ts';

/** Everything that is served, in the order of the vendor's documentation. */
export const ENDPOINTS: readonly Endpoint[] = [
  requestCertificate,
  reissueCertificate,
  renewCertificate,
  revokeCertificate,
  getCertificate,
  listCertificates,
  getCustomerCertificate,
  listCustomerCertificates,
  downloadCertificate,
  listProducts,
  getProduct,
  listDcvAddresses,
  decodeCsr,
  createAuthKey,
  importCertificate,
  resend,
  scheduleValidationCall,
  sendSubscriberAgreement,
  addNote,
  getProcess,
  getProcessInfo,
  listProcesses,
  cancelProcess,
  getPriceList,
  getCredit,
  listNotifications,
  pollNotifications,
  getNotification,
  acknowledgeNotification,
  listTransactions,
  getTransaction,
];
