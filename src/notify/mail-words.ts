/** One mail. `{account}`, `{product}`, `{domain}` and `{until}` are filled in. */
interface MailWords {
  subject: string;
  greeting: string;
  asks: string;
  action: string;
  expiry: string;
  unknown: string;
}

export interface ConfirmationWords {
  domain: MailWords;
  agreement: MailWords;
}

const EN: ConfirmationWords = {
  domain: {
    subject: 'Approve a certificate for {domain}',
    greeting: 'Hello,',
    asks: '{account} has ordered a TLS certificate ({product}). You receive this mail at an address that speaks for this domain:',
    action: 'To let this account have certificates for it, open this page and press "Approve":',
    expiry: 'The link works until {until}.',
    unknown:
      'If you do not expect this order, press "Decline" there or do nothing: nothing is issued on the strength of an unanswered mail.',
  },
  agreement: {
    subject: 'Accept the subscriber agreement for {domain}',
    greeting: 'Hello,',
    asks: '{account} has ordered a TLS certificate ({product}) that names you as the contact, for:',
    action: 'To read and accept the subscriber agreement, open this page and press "Approve":',
    expiry: 'The link works until {until}.',
    unknown:
      'If you do not expect this order, press "Decline" there or do nothing: no certificate is issued without the agreement.',
  },
};

/** A domain that an account wants to have proved before it orders anything. */
export const KEPT_DOMAIN: MailWords = {
  subject: 'Approve certificates for {domain}',
  greeting: 'Hello,',
  asks: '{account} wants to order TLS certificates. You receive this mail at an address that speaks for this domain:',
  action: 'To let this account have certificates for it, open this page and press "Approve":',
  expiry: 'The link works until {until}.',
  unknown:
    'If you do not expect this, press "Decline" there or do nothing: nothing is issued on the strength of an unanswered mail.',
};

const NL: ConfirmationWords = {
  domain: {
    subject: 'Keur een certificaat voor {domain} goed',
    greeting: 'Hallo,',
    asks: '{account} heeft een TLS-certificaat ({product}) besteld. U ontvangt deze e-mail op een adres dat voor dit domein spreekt:',
    action:
      'Om dit account certificaten voor dit domein te laten krijgen, opent u deze pagina en drukt u op "Approve" (goedkeuren):',
    expiry: 'De link werkt tot {until}.',
    unknown:
      'Verwacht u deze bestelling niet, druk daar dan op "Decline" (weigeren) of doe niets: op grond van een onbeantwoorde e-mail wordt niets uitgegeven.',
  },
  agreement: {
    subject: 'Aanvaard de abonneeovereenkomst voor {domain}',
    greeting: 'Hallo,',
    asks: '{account} heeft een TLS-certificaat ({product}) besteld waarin u als contactpersoon staat, voor:',
    action:
      'Om de abonneeovereenkomst te lezen en te aanvaarden, opent u deze pagina en drukt u op "Approve" (goedkeuren):',
    expiry: 'De link werkt tot {until}.',
    unknown:
      'Verwacht u deze bestelling niet, druk daar dan op "Decline" (weigeren) of doe niets: zonder de overeenkomst wordt geen certificaat uitgegeven.',
  },
};

const DE: ConfirmationWords = {
  domain: {
    subject: 'Zertifikat für {domain} genehmigen',
    greeting: 'Guten Tag,',
    asks: '{account} hat ein TLS-Zertifikat ({product}) bestellt. Sie erhalten diese E-Mail an einer Adresse, die für diese Domain spricht:',
    action:
      'Damit dieses Konto Zertifikate für sie erhalten darf, öffnen Sie diese Seite und drücken Sie „Approve“ (genehmigen):',
    expiry: 'Der Link gilt bis {until}.',
    unknown:
      'Wenn Sie diese Bestellung nicht erwarten, drücken Sie dort „Decline“ (ablehnen) oder tun Sie nichts: Auf eine unbeantwortete E-Mail hin wird nichts ausgestellt.',
  },
  agreement: {
    subject: 'Nutzungsvereinbarung für {domain} annehmen',
    greeting: 'Guten Tag,',
    asks: '{account} hat ein TLS-Zertifikat ({product}) bestellt und Sie als Ansprechperson genannt, für:',
    action:
      'Um die Nutzungsvereinbarung zu lesen und anzunehmen, öffnen Sie diese Seite und drücken Sie „Approve“ (genehmigen):',
    expiry: 'Der Link gilt bis {until}.',
    unknown:
      'Wenn Sie diese Bestellung nicht erwarten, drücken Sie dort „Decline“ (ablehnen) oder tun Sie nichts: Ohne die Vereinbarung wird kein Zertifikat ausgestellt.',
  },
};

const FR: ConfirmationWords = {
  domain: {
    subject: 'Approuver un certificat pour {domain}',
    greeting: 'Bonjour,',
    asks: '{account} a commandé un certificat TLS ({product}). Vous recevez ce message à une adresse qui représente ce domaine :',
    action:
      'Pour permettre à ce compte d’obtenir des certificats pour ce domaine, ouvrez cette page et appuyez sur « Approve » (approuver) :',
    expiry: 'Le lien est valable jusqu’au {until}.',
    unknown:
      'Si vous n’attendez pas cette commande, appuyez sur « Decline » (refuser) ou ne faites rien : rien n’est émis sur la foi d’un message resté sans réponse.',
  },
  agreement: {
    subject: 'Accepter le contrat d’abonné pour {domain}',
    greeting: 'Bonjour,',
    asks: '{account} a commandé un certificat TLS ({product}) qui vous désigne comme contact, pour :',
    action: 'Pour lire et accepter le contrat d’abonné, ouvrez cette page et appuyez sur « Approve » (approuver) :',
    expiry: 'Le lien est valable jusqu’au {until}.',
    unknown:
      'Si vous n’attendez pas cette commande, appuyez sur « Decline » (refuser) ou ne faites rien : aucun certificat n’est émis sans le contrat.',
  },
};

const ES: ConfirmationWords = {
  domain: {
    subject: 'Apruebe un certificado para {domain}',
    greeting: 'Hola:',
    asks: '{account} ha pedido un certificado TLS ({product}). Recibe este correo en una dirección que representa a este dominio:',
    action: 'Para permitir que esta cuenta obtenga certificados para él, abra esta página y pulse «Approve» (aprobar):',
    expiry: 'El enlace es válido hasta {until}.',
    unknown:
      'Si no espera este pedido, pulse allí «Decline» (rechazar) o no haga nada: no se emite nada por un correo sin respuesta.',
  },
  agreement: {
    subject: 'Acepte el acuerdo de suscriptor para {domain}',
    greeting: 'Hola:',
    asks: '{account} ha pedido un certificado TLS ({product}) en el que usted figura como contacto, para:',
    action: 'Para leer y aceptar el acuerdo de suscriptor, abra esta página y pulse «Approve» (aprobar):',
    expiry: 'El enlace es válido hasta {until}.',
    unknown:
      'Si no espera este pedido, pulse allí «Decline» (rechazar) o no haga nada: sin el acuerdo no se emite ningún certificado.',
  },
};

const IT: ConfirmationWords = {
  domain: {
    subject: 'Approvare un certificato per {domain}',
    greeting: 'Buongiorno,',
    asks: '{account} ha ordinato un certificato TLS ({product}). Riceve questo messaggio a un indirizzo che rappresenta questo dominio:',
    action:
      'Per consentire a questo account di ottenere certificati per il dominio, apra questa pagina e prema "Approve" (approvare):',
    expiry: 'Il link è valido fino al {until}.',
    unknown:
      'Se non si aspetta questo ordine, prema "Decline" (rifiutare) oppure non faccia nulla: niente viene emesso in base a un messaggio senza risposta.',
  },
  agreement: {
    subject: 'Accettare il contratto di sottoscrizione per {domain}',
    greeting: 'Buongiorno,',
    asks: '{account} ha ordinato un certificato TLS ({product}) che la indica come contatto, per:',
    action: 'Per leggere e accettare il contratto di sottoscrizione, apra questa pagina e prema "Approve" (approvare):',
    expiry: 'Il link è valido fino al {until}.',
    unknown:
      'Se non si aspetta questo ordine, prema "Decline" (rifiutare) oppure non faccia nulla: senza il contratto non viene emesso alcun certificato.',
  },
};

const PT: ConfirmationWords = {
  domain: {
    subject: 'Aprove um certificado para {domain}',
    greeting: 'Olá,',
    asks: '{account} encomendou um certificado TLS ({product}). Recebe esta mensagem num endereço que representa este domínio:',
    action: 'Para permitir que esta conta obtenha certificados para ele, abra esta página e prima "Approve" (aprovar):',
    expiry: 'A ligação é válida até {until}.',
    unknown:
      'Se não espera esta encomenda, prima ali "Decline" (recusar) ou não faça nada: nada é emitido com base numa mensagem sem resposta.',
  },
  agreement: {
    subject: 'Aceite o acordo de subscritor para {domain}',
    greeting: 'Olá,',
    asks: '{account} encomendou um certificado TLS ({product}) que o indica como contacto, para:',
    action: 'Para ler e aceitar o acordo de subscritor, abra esta página e prima "Approve" (aprovar):',
    expiry: 'A ligação é válida até {until}.',
    unknown:
      'Se não espera esta encomenda, prima ali "Decline" (recusar) ou não faça nada: sem o acordo não é emitido nenhum certificado.',
  },
};

/** By two-letter language code. */
export const WORDS: ReadonlyMap<string, ConfirmationWords> = new Map([
  ['en', EN],
  ['nl', NL],
  ['de', DE],
  ['fr', FR],
  ['es', ES],
  ['it', IT],
  ['pt', PT],
]);
