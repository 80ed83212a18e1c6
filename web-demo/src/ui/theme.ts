// Dark or light: as the system says until someone chooses, then as they chose.

import { createEffect, createSignal } from "solid-js";

type Theme = "light" | "dark";
const KEY = "creel-demo-theme";

const system = window.matchMedia("(prefers-color-scheme: dark)");
const [systemDark, setSystemDark] = createSignal(system.matches);
system.addEventListener("change", (event) => setSystemDark(event.matches));
const [chosen, setChosen] = createSignal<Theme | undefined>(kept());

export const theme = (): Theme => chosen() ?? (systemDark() ? "dark" : "light");

export function toggleTheme(): void {
  const next = theme() === "dark" ? "light" : "dark";
  setChosen(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without local storage the choice lasts as long as the page.
  }
}

export function useTheme(): void {
  createEffect(() => {
    document.documentElement.style.colorScheme = theme();
  });
}

function kept(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}
