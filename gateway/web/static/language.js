// Texts, numbers and times in the reader's language. Places are German: times are those of Europe/Berlin.

const ZONE = "Europe/Berlin";
const KEPT = "messfunk.language";
export const LANGUAGES = ["de", "en"];

let texts = {};
export let language = null;

export async function chooseLanguage(wanted) {
  const answer = await fetch(`/words/${wanted}.json`);
  texts = await answer.json();
  language = wanted;
  document.documentElement.lang = wanted;
}

/** What the reader once chose, else the first of the browser's languages that we speak. */
export function preferredLanguage() {
  const kept = localStorage.getItem(KEPT);
  const asked = [kept, ...navigator.languages.map((each) => each.slice(0, 2))];
  return asked.find((each) => LANGUAGES.includes(each)) ?? "en";
}

export async function switchLanguage(wanted) {
  localStorage.setItem(KEPT, wanted);
  await chooseLanguage(wanted);
}

/** The text of a key; `{name}` in it is filled from `values`. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Whether the catalogue has a text, for names that come from outside. */
export function hasText(key) {
  return key in texts;
}

export function number(value, decimals, options = {}) {
  const text = new Intl.NumberFormat(language, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    ...options,
  }).format(value);
  return text.replace(/^-/, "\u2212");
}

function format(time, options) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: ZONE, ...options }).format(time);
}

export function clockTime(time) {
  return format(time, { hour: "2-digit", minute: "2-digit" });
}

export function clockSeconds(time) {
  return format(time, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function day(time) {
  return format(time, { weekday: "short", day: "numeric", month: "numeric" });
}

export function date(time) {
  return format(time, { day: "numeric", month: "numeric" });
}

export function moment(time) {
  return format(time, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** The hour of the day, 0 to 23, where the nodes stand. */
export function hourOfDay(time) {
  return Number(format(time, { hour: "2-digit", hourCycle: "h23" }).slice(0, 2));
}

export function fullMoment(time) {
  return format(time, { dateStyle: "full", timeStyle: "long" });
}

const STEPS = [
  ["second", 1000, 60],
  ["minute", 60_000, 60],
  ["hour", 3_600_000, 48],
  ["day", 86_400_000, Infinity],
];

/** An age in words: "vor 4 Minuten". */
export function age(milliseconds, style = "long") {
  const past = Math.max(0, milliseconds);
  const [unit, size] = STEPS.find(([, size, most]) => past / size < most);
  const numeric = unit === "second" ? "auto" : "always"; // 0 seconds are "now", but 2 days are not "the day before"
  return new Intl.RelativeTimeFormat(language, { style, numeric }).format(-Math.floor(past / size), unit);
}
