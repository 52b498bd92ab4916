// What a browser can do to help with the forms. Every page works without it.
"use strict";

// The reader's time zone, where nobody has chosen one yet.
const zone = document.querySelector("select[data-guess]");
if (zone) {
  const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === guess)) zone.value = guess;
}

// The line that says the schedule follows the fields below it, which bring the words.
const says = (name) => document.querySelector(`[data-says="${name}"]`);
const schedule = says("days")?.closest("form");
function saySchedule() {
  const { rhythm, weekday, hour, time_zone } = schedule.elements;
  const chosen = (select) => select.selectedOptions[0].text;
  const days = rhythm.value === "weekly" ? weekday.selectedOptions[0]
    : [...rhythm].find((radio) => radio.checked);
  if (days) says("days").textContent = days.dataset.words;
  says("hour").textContent = chosen(hour);
  says("time_zone").textContent = chosen(time_zone);
}
if (schedule) {
  schedule.addEventListener("change", saySchedule);
  saySchedule();
}

// Going back, a browser fills in what was chosen before: the sample follows.
const filters = document.querySelector("[data-sample]");
const changed = (field) => field.checked !== field.defaultChecked || field.value !== field.defaultValue;
window.addEventListener("pageshow", () => {
  if (filters && [...filters.querySelectorAll("input, textarea")].some(changed)) {
    filters.dispatchEvent(new Event("restored"));
  }
});
