/** How far the set-up is, and what a step gets. */
export interface SetupState {
  server_name: string;
  domain: string;
  administrator: string;
  certificate_names: string[];
  certificate_is_self_signed: boolean;
}

export interface StepProps {
  state: SetupState;
  /** What was done is read again, and the next step shown. */
  next: () => Promise<void>;
}
