/** What the functions beside Market and SSL take, for the description. `*` marks what must be there. */

type Table = Readonly<Record<string, string>>;

const DOMAIN: Table = { 'domain*': 'A domain of the account; may repeat.' };
const FILE: Table = {
  ...DOMAIN,
  dcv_file_allowed_characters: 'Of the name of the file; may repeat.',
  dcv_file_random_character_count: 'Length of that name, 1 to 200; 100 where it is missing.',
  dcv_file_relative_path: '.well-known/pki-validation where it is missing.',
  dcv_file_extension: '',
  dcv_max_redirects: 'More than so many do not pass; 0 for any number.',
  dcv_user_agent_string: 'Not looked at.',
};

export const ACCOUNT_ARGUMENTS: Readonly<Record<string, Readonly<Record<string, Table>>>> = {
  DCV: { check_domains_via_http: FILE, check_domains_via_dns: DOMAIN, ensure_domains_can_pass_dcv: FILE },
  Tokens: {
    create_full_access: {
      'name*': 'Letters, digits, - and _.',
      expires_at: 'Seconds since 1970; it does not end where it is missing.',
    },
    rename: { 'name*': '', 'new_name*': '' },
    revoke: { 'name*': '' },
  },
  DNS: {
    parse_zone: { 'zone*': '' },
    mass_edit_zone: { 'zone*': '', 'serial*': '', add: '', edit: '', remove: '' },
    has_local_authority: { 'domain*': 'May repeat.' },
  },
  Features: { has_feature: { 'name*': '' } },
  Variables: { get_user_information: { name: 'May repeat; everything where it is missing.' } },
  Batch: { strict: { 'command*': 'JSON text: [module, function, {parameters}]. May repeat.' } },
};
