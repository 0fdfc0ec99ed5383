// "My child" opens the questions about a parent or guardian. Without this they open by hand, or when they are missing.
const questions = document.querySelector("[data-guardian]");

for (const choice of document.querySelectorAll('input[name="booked_by"]')) {
  choice.addEventListener("change", () => {
    if (choice.value === "parent") questions.open = true;
  });
}
