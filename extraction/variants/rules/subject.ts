import type { FormDescription, Subject } from '../../../contracts/description.js'

const LIFE: RegExp[] = [
  /\bhouseholds?\b|\bhogar\b/i,
  /\bincome\b|\bingresos\b/i,
  /\bwages?\b|\bsalary\b|\bearnings\b|\bnet pay\b|\bsueldo\b/i,
  /\bspouse\b|\bhusband\b|\bwife\b|\bc[oó]nyuge\b/i,
  /\bdependents?\b|\bchildren\b|\bchild\b|\bstudent\b/i,
  /\bpension\b|\bannuity\b|\bretirement\b|\bunemployment\b/i,
  /\balimony\b|\bchild support\b/i,
  /\bsocial security\b|\bssn\b|\bs\.s\./i,
  /\bassistance\b|\bbenefits?\b|\bgrant\b/i,
  /\bgarnish|\bjudgment\b|\bsavings\b|\bmeans\b/i,
  /\bbirth\b|\bborn\b|\bdob\b|\bage\b|\bnacimiento\b/i,
]
const TRADE: RegExp[] = [
  /\bbusiness\b|\bcompany\b|\bfirm\b|\bcorporat/i,
  /\bf?ein\b|\bemployer id/i,
  /\bsales\b|\breceipts\b|\bgallons\b|\btons\b|\btaxable\b/i,
  /\blicen[sc]ee\b|\bpermittee\b|\bregistrant\b|\bvendor\b|\bsupplier\b|\bproducer\b|\boperator\b|\bcontractor\b/i,
  /\borganization\b|\bcommittee\b|\bfleet\b|\bfacility\b|\btrust\b|\bestate\b/i,
  /\bofficers?\b|\bdirectors?\b|\btreasurer\b|\bpartners?\b/i,
  /\bfees?\b/i,
]
const FIRM: RegExp[] = [
  /\bf?ein\b|\bemployer id|\btax(?:payer)? (?:no|number|id)/i,
  /\btrad(?:e|ing) (?:name|as)|\bdba\b|\bassumed name|\bpar value|\bfiscal year|\btaxable (?:year|period)/i,
  /\bsales tax|\bgross (?:sales|receipts|rent)|\bseverance|\bexcise/i,
  /\bsupplier\b|\bvendor\b|\bfleet\b|\bregistered (?:office|agent)|\bshareholders?|\bfiduciary\b|\bcommittee\b/i,
  /\bcorporation\b|\bcompany\b|\bllc\b|\bpartnership\b|\bfirm\b/i,
]
const BORN = /\bbirth\b|\bborn\b|\bdob\b|\bssn\b|\bsocial security/i

/** Whom a form is about, read from all that it prints. */
export function subjectOf({ pages }: Pick<FormDescription, 'pages'>): Subject {
  const text = pages.flatMap((page) => page.lines.map((line) => line.text)).join(' ')
  const count = (signs: RegExp[]) => signs.filter((sign) => sign.test(text)).length
  if (count(LIFE) > count(TRADE)) return 'person'
  return count(FIRM) >= 2 && !BORN.test(text) ? 'organization' : 'applicant'
}
