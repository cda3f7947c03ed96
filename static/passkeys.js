// Passkeys: asks the browser, puts its answer into the form and sends it. [data-passkey=get|create] marks the form;
// data-options is where the question comes from: an address of ours, or the id of a JSON element of the page.
(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const sentences = {
    NotAllowedError: "Nothing was confirmed. Try again.",
    InvalidStateError: "This device holds a passkey for you already.",
    SecurityError: "Passkeys do not work at this address. Open Posture under its name, with https or as localhost.",
    Answer: "The server gave no answer. Load the page again.",
    Missing: "This browser cannot do passkeys.",
  };

  async function question(form) {
    const from = form.dataset.options;
    if (from.startsWith("#")) return JSON.parse(document.querySelector(from).textContent);
    const answer = await fetch(from, { headers: { Accept: "application/json" }, redirect: "error" });
    if (!answer.ok) throw Object.assign(new Error(), { name: "Answer" });
    return answer.json();
  }

  async function ask(form) {
    if (!window.PublicKeyCredential) throw Object.assign(new Error(), { name: "Missing" });
    const asked = (await question(form)).publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of ["allowCredentials", "excludeCredentials"])
      if (asked[list]) asked[list] = asked[list].map(known => ({ ...known, id: bytes(known.id) }));
    return form.dataset.passkey === "create" ? navigator.credentials.create({ publicKey: asked }) : navigator.credentials.get({ publicKey: asked });
  }

  function told(credential) {
    const from = credential.response, response = { clientDataJSON: text(from.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (from[name]) response[name] = text(from[name]);
    if (from.getTransports) response.transports = from.getTransports();
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
    };
  }

  document.addEventListener("submit", async e => {
    const form = e.target.closest("[data-passkey]"); if (!form) return;
    e.preventDefault();
    const field = form.querySelector("[name=credential]"), button = form.querySelector("[type=submit]"), error = form.querySelector("[data-passkey-error]");
    error.hidden = true; button.disabled = true;
    try {
      field.value = JSON.stringify(told(await ask(form)));
      form.submit();
    } catch (problem) {
      error.querySelector("span").textContent = sentences[problem.name] ?? "The passkey did not work. Try again.";
      error.hidden = false; button.disabled = false; button.focus();
    }
  });
})();
