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
  const days = weekday.selectedOptions[0].dataset[rhythm.value] // of a week, of a month
    ?? [...rhythm].find((radio) => radio.checked)?.dataset.words;
  if (days) says("days").textContent = days;
  says("hour").textContent = chosen(hour);
  says("time_zone").textContent = chosen(time_zone);
}
if (schedule) {
  schedule.addEventListener("change", saySchedule);
  saySchedule();
}

// What the fields of a closed fold hold, where its name says it.
for (const holds of document.querySelectorAll(".fold-holds")) {
  const fold = holds.closest("details");
  fold.addEventListener("input", () => {
    const texts = [...fold.querySelectorAll("textarea, input")].flatMap((field) => {
      if (field.type === "checkbox") return field.checked ? field.parentElement.querySelector("span").textContent : "";
      if (field.type === "radio") return field.checked && field.value ? field.parentElement.querySelector("span").textContent : "";
      if (field.type === "number") return field.value && `upvotes>=${field.value}`;
      return field.value.split("\n").map((line) => line.trim());
    });
    holds.textContent = texts.filter(Boolean).join(", ");
  });
}

// A link to something in a fold opens the fold, also where a browser does not do so by itself.
document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");

// Going back, a browser fills in what was chosen before: the sample follows.
const filters = document.querySelector("[data-sample]");
const changed = (field) => field.checked !== field.defaultChecked || field.value !== field.defaultValue;
window.addEventListener("pageshow", () => {
  if (filters && [...filters.querySelectorAll("input, textarea")].some(changed)) {
    filters.dispatchEvent(new Event("restored"));
  }
  const library = document.querySelector("[data-library]");
  if (library?.querySelector("textarea").value) library.dispatchEvent(new Event("restored"));
});
