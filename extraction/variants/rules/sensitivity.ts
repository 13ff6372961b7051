import type { Subject } from '../../../contracts/description.js'
import type { FieldType, Sensitivity } from '../../../contracts/spec.js'

/** What the sensitivity of a field is read from. */
export interface Judged {
  label: string
  fieldType: FieldType
  section: string
  formTitle: string
  subject: Subject
}

const HIGH =
  /\b(?:bank|routing|iban|credit card|card number|disab\w*|diseases?|diagnos\w*|cause of death|pacemaker|gestation|prenatal|medical|medication|health|illness|injur\w*|treat(?:ed|ment)|symptoms?|vaccin\w*|immune|immuni[sz]\w*|allerg\w*|blood|syndrome|pregnan\w*|blind\w*|deaf|wheelchair|arrest\w*|convict\w*|crim\w*|charged with|offen[sc]es?|offender|violations?|citations?|disciplin\w*|suspend\w*|suspension|revoked|investigat\w*|felony|misdemeanor|probation|parole|jail|prison|inmate|citizen\w*|nationality|native country|immigra\w*|alien|visa|naturaliz\w*|removal proceedings|countries visited|race|racial|ethnic\w*|hispanic|latino|religio\w*|fingerprint\w*|thumb-?print|prints|biometric\w*|veteran|mental|substance|chemical dependency|sexual|gender identity|political party|party|special (?:need|education)s?)\b/i
const HIGH_SECTION =
  /\b(?:disab\w*|medical|health|treatment|conditions|symptoms?|vaccin\w*|immuni[sz]\w*|allerg\w*|arrests?|convict\w*|criminal|violations?|conduct|fitness|immigra\w*|citizen\w*|entry and (?:present )?status|journeys|travel|sobriety|physician|practitioner|screening|offen[sc]es?|withdrawal actions|disclosed|disputed|court documents|usual day|salud|clinic)\b/i
const BANK = /\b(?:bank|deposit|routing|checking|savings|card|refund|getting paid|(?:pay|reimburse) you)\b/i
const BUSINESS =
  /\b(?:business|company|employer|corporation|organization|agency|firm|facility|shop|school|entity|partnership|trade|vendor|supplier|court|hospital|contractor|installer|provider|committee|landlord|lienholder|creditor|bureau|department|verifier|agent|(?:office|practice) (?:address|(?:tele)?phone)|college|university|insurer|carrier|preparer['’]?s? (?:firm|ptin)|ein|employer identification)\b/i
const OWNERS = /\b(?:owners?|officers?|members?|directors?|partners?|individuals?|persons?|signer|your?|treasurer|principals?)\b/i
const IDENTITY =
  /\b(?:ssn|itin|social security|soc\. sec|suffix|first$|last$|middle$|s\.\s?s\.|tin|passport|driver['’]?s? licen[sc]e|driving licen[sc]e|birth\w*|dob|born|d\.o\.b|sex|gender|age|eyes?|stature|distinguishing marks|native place|nickname|goes by|call you|(?:color of |colour of )?hair|maiden|alias|forenames?|surnames?|jr|kinship|relationship|apellidos?|parentesco|firma|domicilio|medical record|where (?:do )?you (?:live|get mail)|where now living|lived (?:here|there)|moved (?:in|out|there)|permanent home|dwelling|lives with|in care of|in whose care|former names?|other names)\b/i
const CONTACT =
  /\b(?:tax(?:payer)? id\w*|licen[sc]e (?:no|number)|names?|nombre|initial|address|street|st\.|p\.?o\.? box|box or|apt|apartment|unit|floor|residence|resid\w*|abode|city|town|municipality|state|zip|postal code|county|phone|telephone|cell|daytime number|number to reach|reach you|fax|e-?mail|electronic mail|contact|mail .* to|plate)\b/i
const ROLE =
  /^(?:(?:the|second|first|present|new|other|injured|registered|lives with)\s)*(?:owners?|members?|crew member|person|drivers?|patient|grantors?|grantees?|plaintiffs?|defendants?|petitioner|respondent|claimant|applicant|candidate|permittee|registrant|representative|witness(?:es)?|coordinator|verifier|supervisor|parent|guardian|parent or guardian|husband|wife|husband or wife|spouse|buyer|seller|lessor|lessee|tenant|landlord|minor|child|student|pupil|intake worker|manager|counsel|attorney|author|treasurer|secretary|chairman|dispatcher|foreman|contact|who|interpreter)s?(?:\b.*)?$/i
const SIGNATURE = /\bsignatures?\b/i
/** A number or mark that one person is known by. */
const PERSONAL_NUMBER =
  /\b(?:id|identity card|card|ticket|register|roll|badge|voter|elector|member|client|fisher|insurance|grant|student|pupil|document)\b.*\b(?:no|number|id|identifier)\b|\bid$/i
/** Words that end as a doer's do, and are none, or mostly a firm. */
const NOT_DOERS =
  'after|answer|assist|buzzer|carrier|center|checklist|color|computer|constant|consultant|container|contractor|corridor|cover|cylinder|dealer|distributor|door|employer|error|exist|exterior|factor|floor|for|former|grant|horsepower|important|insurer|interior|labor|lender|letter|list|major|manufacturer|meter|minor|monitor|motor|number|offer|or|order|other|over|owner|paper|per|pier|plant|power|prior|provider|quarter|reader|register|sector|sewer|significant|supplier|tanker|trailer|transfer|transistor|under|vendor|want|water|weather'
/** Somebody by what they do: 'Canvasser', 'Homeroom teacher', 'Accredited veterinarian'. */
const DOER = new RegExp(`^(?:[\\w'’-]+ ){0,2}(?!(?:${NOT_DOERS})s?$)\\w+(?:er|or|ist|ian|ant)$`, 'i')
const SIGNING =
  /\b(?:signatures?|sign(?:ed|s)?(?: by)?|signing|countersigned|sign here|in the presence of|sworn by|acknowledged before|notary|officer|official|examiner|inspector|analyst|registrar|superintendent|magistrate|justice|judge|practitioner|doctor|(?:reviewed|received|approved|prescribed|taken|issued|entered|examined|verified|released|given|seen) by|prints? name|printed name|name printed|counsel|deputy|warden)\b/i
const MEDIUM =
  /\b(?:wages?|salar(?:y|ies)|income|earnings|pay(?:check)?|pension|benefits?|assets|debts?|loans?|mortgage|savings|household|family|alimony|child support|judgments?|bankrupt\w*|subsid(?:y|ies)|employ\w*|occupation|profession|schooling|job|position|(?<!(?:type|nature|title|description) of |describe (?:the )?)work(?:ed|er)?|marital|civil status|married|single|divorced|widowed|dependents?|depend on|children|(?<!continuing )education|school|college|degree|diploma|grade|gpa|score|credits?|major|program|class level|examination|graduation|retire\w*|discharg\w*|military|assistance|voucher|means|student|shelter|percent owned)\b/i
const MEDIUM_SECTION =
  /\b(?:work history|work and|employment|experience|(?<!continuing )education|enrol\w*|academic|occupation|income|expenses|money|own and owe|assets|assistance|licenses held|wages|placement|earnings|withheld|why care)\b/i
const MECHANICS =
  /\b(?:date signed|form number|pages?|copies|receipt|fees?|(?:selling|purchase) price|trade-in|late penalty|use tax|period (?:from|through|to)|quarter ending|certified$|seat position|date$|title$|filed|approved|entered|received on|mailed|(?<!(?:zip|postal|area) )code|interpreter)\b/i
/** A part that somebody else fills in about the trade: what it asks of a person is asked by name. */
const BY_TRADE = /\b(?:by|for) (?:the )?(?:employer|provider|school|seller|dealer|contractor)\b/i
const OFFICE =
  /\b(?:office|official|clerk|staff|bureau|registrar|court|agency|department|district|county|inspector|desk|board|review unit|collector|oficina|cl[ií]nica|nurse|owner)\b.*\b(?:use|only|notes|below|log|computation|uso)\b|\boffice\b|\bdo not write\b/i

/** How much a leak of this field would hurt a person, by its words, its section's and whom the form is about; low when nothing says otherwise. */
export function sensitivityOf({ label, fieldType, section, formTitle, subject }: Judged): Sensitivity {
  const office = OFFICE.test(section)
  const button = fieldType === 'boolean' || fieldType === 'choice'
  if (/^(?:date|date signed|dated|title|page|form number)$/i.test(label)) return 'low'
  if (fieldType === 'currency') {
    if (HIGH.test(label) && subject === 'person' && !/costs?|expenses|dental/i.test(label)) return 'medium'
    return subject === 'person' && !office && !MECHANICS.test(label) ? 'medium' : 'low'
  }
  if (SIGNATURE.test(label) && fieldType === 'text') return 'pii'
  if (
    fieldType === 'text' &&
    (SIGNING.test(label) || ROLE.test(label) || DOER.test(label)) &&
    !/licen[sc]e\b|number|\bno\b|title|language|address|phone/i.test(label)
  )
    return 'pii'
  if (HIGH.test(label) && !office && !(BUSINESS.test(label) && fieldType === 'text')) return subject === 'organization' ? 'low' : 'high'
  if (/\baccount\b/i.test(label) && BANK.test(`${label} ${section}`) && subject !== 'organization') return 'high'
  if (button ? /^(?:sex|gender)$/i.test(label) : IDENTITY.test(label)) return 'pii'
  const business = BUSINESS.test(label) || (BUSINESS.test(section) && !OWNERS.test(label))
  if (PERSONAL_NUMBER.test(label) && fieldType === 'text' && !business && !office && subject !== 'organization') return 'pii'
  if (CONTACT.test(label) && !button && fieldType !== 'number' && !MECHANICS.test(label))
    return business || office || (subject === 'organization' && !OWNERS.test(`${label} ${section}`)) ? 'low' : 'pii'
  if (office || subject === 'organization') return 'low'
  if (HIGH_SECTION.test(section) && !MECHANICS.test(label) && !business) return 'high'
  if (MECHANICS.test(label)) return 'low'
  if (MEDIUM.test(label) || (MEDIUM_SECTION.test(section) && !BY_TRADE.test(section) && fieldType !== 'boolean')) return 'medium'
  if (HIGH_SECTION.test(formTitle) && !business && subject === 'person') return 'high'
  return 'low'
}
