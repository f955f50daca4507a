/* The state of the run that a page shows, and what happens to it. */

import type {
  ArtifactInfo,
  Diagnosis,
  EpochRow,
  TrainingArtifacts,
  TrainingBoundary,
  TrainingCancelled,
  TrainingInsights,
  TrainingProgress,
  TrainingResult,
} from "../wire/types.d.ts";
import type { Operation } from "../wire/json_patch.js";
import type { Socket } from "../wire/socket.js";
import type { Store } from "../ui/store.js";

/** What the server's page knows of a run. A run without an id was refused before it began. */
export interface Run {
  run_id: string | null;
  name: string;
  own: boolean;
  /** null where it cannot be repeated from here */
  spec: Record<string, any> | null;
  title?: string;
  target?: string;
  /** seconds; null or absent where it has not begun */
  elapsed?: number | null;
  over?: boolean;
}

export interface Failure {
  message: string;
  hint?: string;
  code?: string;
}

export type Phase = "loading" | "waiting" | "running" | "done" | "failed" | "stopped";

/** A card: as the server sends it, or made of a failure. */
export type Card = Omit<Diagnosis, "code" | "metric" | "patch"> & { code: string; patch: Operation[] };

export interface RunState {
  /** null until a run is opened or started */
  run: Run | null;
  phase: Phase;
  /** of those who wait, this one included */
  position: number;
  /** whether it goes on while this page is there */
  isLive: boolean;
  epochs: EpochRow[];
  progress: TrainingProgress | null;
  boundaries: TrainingBoundary[];
  result: TrainingResult | null;
  /** what went wrong last: with the run, or with something that was asked for */
  failure: Failure | null;
  cards: Card[];
  insights: TrainingInsights | null;
  artifacts: ArtifactInfo[];
  /** whether files are announced: nothing more will be known of the run */
  isComplete: boolean;
  /** the epoch that the replay shows; Infinity: the last one */
  until: number;
  /** the cell of the confusion matrix whose rows are shown */
  cell: { actual: string; predicted: string } | null;
}

export type RunEvent =
  | { type: "opened"; run: Run; phase: Phase; position?: number }
  | { type: "refused"; failure: Failure }
  | { type: "failed"; failure: Failure }
  | { type: "complained"; failure: Failure }
  | { type: "renamed"; name: string }
  | { type: "sought"; until: number }
  | { type: "cellOpened"; actual: string; predicted: string }
  | ({ type: "trainingProgress" } & TrainingProgress)
  | ({ type: "trainingBoundary" } & TrainingBoundary)
  | ({ type: "trainingResult" } & TrainingResult)
  | ({ type: "trainingCancelled" } & TrainingCancelled)
  | ({ type: "trainingInsights" } & TrainingInsights)
  | ({ type: "trainingArtifacts" } & TrainingArtifacts);

export type RunStore = Store<RunState, RunEvent>;

/** What the components of a run's page are given. */
export interface RunContext {
  store: RunStore;
  socket: Socket;
  /** the e-mail address to begin with; null where no mail is offered */
  mail: { address: string; is_fixed: boolean } | null;
  /** starts the run again with these changes of its spec (RFC 6902) */
  experiment: (patch: Operation[]) => void;
  /** whether this visitor may look at the rows of the table */
  showsRows: boolean;
}
