/* The messages of the sockets. Written by `python manage.py browser_types` from the contract: do not edit.

   `Sent` and `Handled` give the data of each event that the server sends and handles. `Answers` gives the data of the
   event that answers a request. */

export type JsonValue = any;

export interface AnswerResult {
  correct: boolean;
  feedback: string;
  feedback_html: string;
  choices: Array<ChoiceFeedback>;
  hint: string;
  hint_html: string;
  points: number;
  attempts: number;
}

export interface ArtifactInfo {
  name: string;
  size: number | null;
  url: string;
}

export type AuxiliaryOutputs = Record<string, any>;

export interface BoundaryAxis {
  name: string;
  minimum: number;
  maximum: number;
  steps: number;
}

export interface BoundaryFrame {
  epoch: number;
  cells: string;
  final: boolean;
}

export interface CancelTraining {
  run_id: string;
}

export interface CheckSweep {
  spec: TrainingSpec;
  vary: Record<string, Array<JsonValue>>;
}

export interface CheckTraining {
  user_arch?: Array<string | Record<string, JsonValue>>;
  user_model?: string | Record<string, JsonValue> | null;
  default?: string | null;
  dataset_id?: string | null;
  csvData?: Array<Record<string, string | number | boolean | null>> | string | null;
  fileURL?: string | null;
  target?: string | null;
  features?: Array<string>;
  column_types?: Record<string, ColumnType | ColumnChoice>;
  reading?: ReadingOptions | null;
  split?: Split | null;
  folds?: number | null;
  weight?: string | null;
  class_weight?: "balanced" | Record<string, number> | null;
  threshold?: number | null;
  problem_type?: ProblemType | null;
  criterion?: Criterion | null;
  optimizer_name?: Optimizer | null;
  learning_rate?: number | null;
  weight_decay?: number;
  momentum?: number;
  gradient_clip?: number | null;
  schedule?: Schedule | null;
  schedule_step?: number | null;
  schedule_gamma?: number | null;
  patience?: number | null;
  epochs?: number | null;
  batch_size?: number | null;
  test_size?: number;
  shuffle?: boolean;
  seed?: number | null;
  trainer?: Trainer | null;
  device?: Device | null;
  boundary?: [string, string] | null;
  custom_model_name?: string;
  notify?: boolean;
}

export interface Choice {
  label: string;
  fix: Array<PatchOperation>;
}

export interface ChoiceFeedback {
  id: string;
  feedback: string;
  feedback_html: string;
}

export interface ChoiceInfo {
  id: string;
  text: string;
}

export interface Column {
  name: string;
  type: ColumnType;
  unit: string | null;
  missing: number;
  unique: number;
  minimum: number | string | null;
  maximum: number | string | null;
  mean: number | null;
  top: Array<ValueCount>;
  histogram: Histogram | null;
}

export interface ColumnChoice {
  type?: ColumnType | null;
  order?: Array<string> | null;
  merge?: Record<string, string> | null;
  missing?: Array<string> | null;
  day_first?: boolean | null;
}

export interface ColumnImportance {
  column: string;
  importance: number;
  spread: number;
}

export type ColumnType = "number" | "category" | "boolean" | "date" | "text" | "identifier" | "empty" | "ignored";

export interface CombinationResult {
  combination: number;
  values: Record<string, any>;
  changes: Record<string, any>;
  mean: number | null;
  spread: number | null;
  seeds: Array<number>;
  scores: Array<number | null>;
  baseline: number | null;
  failed: number;
  message: string;
  test_scores: Array<number | null>;
  test_mean: number | null;
  test_spread: number | null;
}

export interface CompareTraining {
  run_id: string;
  other_run_id: string;
}

export interface Contribution {
  column: string;
  value: string | number | null;
  contribution: number;
}

export type Criterion = "CELOSS" | "WCELOSS" | "BCELOSS" | "BCEWITHLOGITSLOSS" | "MSELOSS" | "L1LOSS" | "HUBERLOSS";

export interface CurrentSettings {
  display_name: string;
  email: string;
  pending_email: string;
  notify_when_finished: boolean;
  theme: Theme;
  beginner_mode: boolean;
}

export interface DatasetDescribed {
  name: string;
  default: string | null;
  dataset_id: string | null;
  rows: number;
  columns: Array<Column>;
  preview: Array<Record<string, string | number | boolean | null>>;
  target: string | null;
  target_guessed: boolean;
  problem_type: string | null;
  notes: Array<string>;
  problems: Array<Problem>;
  reading: ReadingOptions | null;
  lines: Array<string>;
  sheets: Array<string>;
}

export interface DatasetInfo {
  default: string | null;
  dataset_id: string | null;
  name: string;
  rows: number;
  columns: number;
  target: string | null;
  problem_type: string | null;
  about: string;
}

export interface Datasets {
  datasets: Array<DatasetInfo>;
}

export interface DeleteTraining {
  run_id: string;
}

export interface DescribeDataset {
  default?: string | null;
  dataset_id?: string | null;
  fileURL?: string | null;
  reading?: ReadingOptions | null;
  column_types?: Record<string, ColumnChoice>;
}

export interface DescribeTraining {
  run_id: string;
  token?: string;
}

export type Device = "cpu" | "gpu";

export interface Diagnosis {
  code: Finding;
  title: string;
  sentence: string;
  advice: string;
  patch: Array<PatchOperation>;
  metric: string | null;
}

export interface Difference {
  where: string;
  value: JsonValue;
  other: JsonValue;
}

export interface EmailDelivered {
  email_id: string;
  recipient: string;
  message: string;
}

export interface EmailFailed {
  email_id: string;
  recipient: string;
  message: string;
  hint: string;
}

export interface EmailResult {
  success: boolean;
  message: string;
  email_id: string;
}

export interface EpochRow {
  epoch: number;
  train_time: number;
  train_loss: number | null;
  test_loss: number | null;
  val_loss: number | null;
  train_acc: number | null;
  "val/test acc": number | null;
}

export interface ErrorMessage {
  code: string;
  message: string;
  hint: string;
  where: string;
  event: string;
}

export interface Estimator {
  estimator: string;
  [argument: string]: JsonValue;
}

export type Finding = "all_well" | "gives_away" | "leaking_split" | "no_better" | "noted" | "one_class_only" | "overfitting" | "still_improving" | "underfitting" | "unstable";

export interface FrontendLog {
  level?: "debug" | "info" | "warning" | "error";
  message: string;
}

export interface GetModule {
  moduleID: string;
}

export interface GetUserProgressData {
  user_id?: string | number | null;
}

export interface GetUserSettings {
}

export interface Heartbeat {
}

export interface Histogram {
  edges: Array<number>;
  counts: Array<number>;
}

export type Kind = "single" | "several" | "number" | "text" | "lab" | "done";

export interface LabContent {
  dataset: string;
  metric: Metric;
  at_least: number | null;
  at_most: number | null;
  max_parameters: number | null;
  estimator: boolean | null;
  min_test_size: number;
}

export interface LabTried {
  moduleID: string;
  sectionID: string;
  questionID: string;
  run_id: string;
  shortfalls: Array<string>;
}

export interface Layer {
  layer: string;
  [argument: string]: JsonValue;
}

export interface LayerShape {
  name: string;
  output_shape: Array<number> | null;
  parameters: number;
}

export type Level = "error" | "warning";

export interface ListDatasets {
}

export interface ListModules {
}

export interface ListTestRows {
  run_id: string;
  actual?: string | null;
  predicted?: string | null;
  limit?: number;
  offset?: number;
}

export interface ListTrainings {
  limit?: number;
  before?: string | null;
}

export type Metric = "accuracy" | "balanced_accuracy" | "f1_macro" | "log_loss" | "roc_auc" | "r2" | "rmse" | "mae" | "mape";

export interface ModuleMessage {
  moduleID: string;
  title: string;
  summary: string;
  points: number;
  earned: number;
  draft: boolean;
  sections: Array<SectionInfo>;
}

export interface ModuleSummary {
  moduleID: string;
  title: string;
  summary: string;
  sections: number;
  questions: number;
  points: number;
  earned: number;
  draft: boolean;
}

export interface Modules {
  modules: Array<ModuleSummary>;
  points: number;
  earned: number;
  notCounted: number;
}

export type Optimizer = "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad";

export interface PatchOperation {
  op: "add" | "remove" | "replace";
  path: string;
  value: JsonValue;
}

export interface Predict {
  run_id: string;
  rows: Array<Record<string, string | number | boolean | null>>;
  explain?: boolean;
}

export interface Prediction {
  prediction: string | number;
  probabilities: Record<string, number> | null;
  base_value: number | null;
  contributions: Array<Contribution> | null;
  other_contributions: number | null;
  output: number | null;
}

export interface Predictions {
  run_id: string;
  target: string;
  predictions: Array<Prediction>;
  problems: Array<Problem>;
  units: string | null;
  exact: boolean | null;
}

export interface Problem {
  level: Level;
  code: string;
  where: string;
  message: string;
  hint: string;
  fix: Array<PatchOperation>;
  choices: Array<Choice>;
}

export type ProblemType = "classification" | "regression";

export interface QuestionInfo {
  questionID: string;
  kind: Kind;
  prompt: string;
  points: number;
  earned: number | null;
  attempts: number;
  hints: Array<string>;
  choices: Array<ChoiceInfo>;
  lab: LabContent | null;
}

export interface ReadingOptions {
  encoding?: string | null;
  delimiter?: string | null;
  decimal?: "." | "," | null;
  thousands?: "" | "," | "." | " " | "'" | null;
  header_row?: number | null;
  skip_rows?: Array<number> | null;
  comment?: string | null;
  missing?: Array<string> | null;
  sheet?: string | null;
}

export interface RenameTraining {
  run_id: string;
  name: string;
}

export type RunKind = "training" | "sweep" | "comparison";

export type RunStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface RunSummary {
  run_id: string;
  kind: RunKind;
  name: string;
  status: RunStatus;
  data: string;
  model: string;
  target: string;
  progress: number;
  metric: string;
  value: number | null;
  baseline: number | null;
  created: string;
  started: string | null;
  finished: string | null;
  message: string;
  last_seq: number;
  url: string;
  shared_url: string;
}

export interface RunSweep {
  spec: TrainingSpec;
  vary: Record<string, Array<JsonValue>>;
}

export interface RunTraining {
  user_arch?: Array<string | Record<string, JsonValue>>;
  user_model?: string | Record<string, JsonValue> | null;
  default?: string | null;
  dataset_id?: string | null;
  csvData?: Array<Record<string, string | number | boolean | null>> | string | null;
  fileURL?: string | null;
  target?: string | null;
  features?: Array<string>;
  column_types?: Record<string, ColumnType | ColumnChoice>;
  reading?: ReadingOptions | null;
  split?: Split | null;
  folds?: number | null;
  weight?: string | null;
  class_weight?: "balanced" | Record<string, number> | null;
  threshold?: number | null;
  problem_type?: ProblemType | null;
  criterion?: Criterion | null;
  optimizer_name?: Optimizer | null;
  learning_rate?: number | null;
  weight_decay?: number;
  momentum?: number;
  gradient_clip?: number | null;
  schedule?: Schedule | null;
  schedule_step?: number | null;
  schedule_gamma?: number | null;
  patience?: number | null;
  epochs?: number | null;
  batch_size?: number | null;
  test_size?: number;
  shuffle?: boolean;
  seed?: number | null;
  trainer?: Trainer | null;
  device?: Device | null;
  boundary?: [string, string] | null;
  custom_model_name?: string;
  notify?: boolean;
}

export type Schedule = "step" | "cosine" | "plateau";

export interface SectionInfo {
  sectionID: string;
  title: string;
  body: string;
  questions: Array<QuestionInfo>;
}

export interface SendEmail {
  email_address: string;
  subject?: string;
  body_text?: string;
  run_id?: string | null;
  attachment_array?: Array<string> | null;
}

export interface ShareTraining {
  run_id: string;
}

export interface Split {
  kind?: SplitKind;
  column?: string | null;
  value?: string | null;
  dataset_id?: string | null;
}

export type SplitKind = "random" | "time" | "group" | "given";

export interface SubmitAnswer {
  moduleID: string;
  sectionID: string;
  questionID: string;
  answer: string | number | Array<string>;
}

export interface SweepChecked {
  data: string;
  model: string;
  target: string | null;
  runs: number;
  combinations: number;
  seconds: number | null;
  problems: Array<Problem>;
}

export interface SweepLead {
  gain: number;
  margin: number;
  distinguishable: boolean;
}

export interface SweepProgress {
  run_id: string;
  seq: number;
  progress: number;
  done: number;
  total: number;
  results: Array<SweepScore>;
  eta_seconds: number | null;
}

export interface SweepResult {
  run_id: string;
  seq: number;
  success: boolean;
  status: number;
  message: string;
  code: string;
  hint: string;
  where: string;
  metric: string;
  higher_is_better: boolean;
  measured_on: "validation" | "folds";
  spec: Record<string, any>;
  combinations: Array<CombinationResult>;
  lead: SweepLead | null;
}

export interface SweepScore {
  combination: number;
  values: Record<string, any>;
  seed: number;
  metric: string;
  score: number | null;
  baseline: number | null;
  code: string;
  message: string;
}

export interface TermWeight {
  column: string;
  term: string;
  weight: number;
  rows: number;
  label: string | null;
}

export interface TestRow {
  row: number;
  actual: string | number;
  predicted: string | number;
  probabilities: Record<string, number> | null;
  values: Record<string, string | number | boolean | null>;
}

export interface TestRows {
  run_id: string;
  total: number;
  rows: Array<TestRow>;
}

export type Theme = "system" | "light" | "dark";

export type Trainer = "compiled" | "autograd";

export interface TrainingArtifacts {
  run_id: string;
  seq: number;
  artifacts: Array<ArtifactInfo>;
}

export interface TrainingBoundary {
  run_id: string;
  seq: number;
  x: BoundaryAxis;
  y: BoundaryAxis;
  classes: Array<string> | null;
  values: [number, number] | null;
  points: Array<[number, number, number]>;
  frames: Array<BoundaryFrame>;
}

export interface TrainingCancelled {
  run_id: string;
  seq: number;
  message: string;
}

export interface TrainingChecked {
  data: string;
  model: string;
  rows: number | null;
  columns: number | null;
  features: number | null;
  problem_type: string | null;
  target: string | null;
  classes: Array<string> | null;
  class_counts: Array<number> | null;
  layers: Array<LayerShape>;
  parameters: number;
  problems: Array<Problem>;
}

export interface TrainingCompared {
  run_id: string;
  seq: number;
  success: boolean;
  status: number;
  message: string;
  code: string;
  hint: string;
  where: string;
  compared: [string, string] | null;
  differences: Array<Difference>;
  metric: string;
  higher_is_better: boolean;
  seeds: Array<number>;
  scores: Array<number | null>;
  other_scores: Array<number | null>;
  mean: number | null;
  other_mean: number | null;
  gain: number | null;
  margin: number | null;
  distinguishable: boolean;
  sentence: string;
}

export interface TrainingDeleted {
  run_id: string;
}

export interface TrainingDescribed {
  run: RunSummary;
  spec: Record<string, any>;
}

export interface TrainingInsights {
  run_id: string;
  seq: number;
  metric: string;
  score: number;
  rows: number;
  feature_importance: Array<ColumnImportance>;
  terms: Array<TermWeight>;
  note: string;
  diagnosis: Array<Diagnosis>;
  loading: string;
}

export interface TrainingProgress {
  run_id: string;
  seq: number;
  progress: number;
  epochs: Array<EpochRow>;
  eta_seconds: number | null;
}

export interface TrainingQueued {
  run_id: string;
  position: number;
}

export interface TrainingRenamed {
  run_id: string;
  name: string;
}

export interface TrainingResult {
  run_id: string;
  seq: number;
  success: boolean;
  status: number;
  message: string;
  code: string;
  hint: string;
  where: string;
  dl_results: Array<EpochRow>;
  auxiliary_outputs: AuxiliaryOutputs;
  artifacts: Array<ArtifactInfo>;
}

export interface TrainingShared {
  run_id: string;
  url: string;
}

export interface TrainingSpec {
  user_arch?: Array<string | Record<string, JsonValue>>;
  user_model?: string | Record<string, JsonValue> | null;
  default?: string | null;
  dataset_id?: string | null;
  csvData?: Array<Record<string, string | number | boolean | null>> | string | null;
  fileURL?: string | null;
  target?: string | null;
  features?: Array<string>;
  column_types?: Record<string, ColumnType | ColumnChoice>;
  reading?: ReadingOptions | null;
  split?: Split | null;
  folds?: number | null;
  weight?: string | null;
  class_weight?: "balanced" | Record<string, number> | null;
  threshold?: number | null;
  problem_type?: ProblemType | null;
  criterion?: Criterion | null;
  optimizer_name?: Optimizer | null;
  learning_rate?: number | null;
  weight_decay?: number;
  momentum?: number;
  gradient_clip?: number | null;
  schedule?: Schedule | null;
  schedule_step?: number | null;
  schedule_gamma?: number | null;
  patience?: number | null;
  epochs?: number | null;
  batch_size?: number | null;
  test_size?: number;
  shuffle?: boolean;
  seed?: number | null;
  trainer?: Trainer | null;
  device?: Device | null;
  boundary?: [string, string] | null;
  custom_model_name?: string;
  notify?: boolean;
}

export interface TrainingUnshared {
  run_id: string;
}

export interface Trainings {
  runs: Array<RunSummary>;
}

export interface UnshareTraining {
  run_id: string;
}

export interface UpdateUserProgressData {
  moduleID: string;
  sectionID: string;
  questionID: string;
  user_id?: string | number | null;
}

export interface UpdateUserSettings {
  display_name?: string | null;
  email?: string | null;
  notify_when_finished?: boolean | null;
  theme?: Theme | null;
  beginner_mode?: boolean | null;
}

export interface UserProgressData {
  user_id: string;
  progress: Record<string, Record<string, number | Record<string, number>>>;
  totalPoints: number;
  notCounted: Record<string, Record<string, number | Record<string, number>>>;
}

export interface UserProgressUpdated {
  user_id: string;
  progress: Record<string, Record<string, number | Record<string, number>>>;
  totalPoints: number;
  notCounted: Record<string, Record<string, number | Record<string, number>>>;
  moduleID: string | null;
  sectionID: string | null;
  questionID: string | null;
  points: number;
}

export interface UserSettings {
  settings: CurrentSettings;
}

export interface UserSettingsUpdated {
  success: boolean;
  message: string;
  settings: CurrentSettings;
}

export interface ValueCount {
  value: string;
  count: number;
}

export interface WatchTraining {
  run_id: string;
  after_seq?: number;
  token?: string;
}

export interface Sent {
  answerResult: AnswerResult;
  datasetDescribed: DatasetDescribed;
  datasets: Datasets;
  emailDelivered: EmailDelivered;
  emailFailed: EmailFailed;
  emailResult: EmailResult;
  error: ErrorMessage;
  heartbeat: Heartbeat;
  labTried: LabTried;
  module: ModuleMessage;
  modules: Modules;
  predictions: Predictions;
  sweepChecked: SweepChecked;
  sweepProgress: SweepProgress;
  sweepResult: SweepResult;
  testRows: TestRows;
  trainingArtifacts: TrainingArtifacts;
  trainingBoundary: TrainingBoundary;
  trainingCancelled: TrainingCancelled;
  trainingChecked: TrainingChecked;
  trainingCompared: TrainingCompared;
  trainingDeleted: TrainingDeleted;
  trainingDescribed: TrainingDescribed;
  trainingInsights: TrainingInsights;
  trainingProgress: TrainingProgress;
  trainingQueued: TrainingQueued;
  trainingRenamed: TrainingRenamed;
  trainingResult: TrainingResult;
  trainingShared: TrainingShared;
  trainingUnshared: TrainingUnshared;
  trainings: Trainings;
  userProgressData: UserProgressData;
  userProgressUpdated: UserProgressUpdated;
  userSettings: UserSettings;
  userSettingsUpdated: UserSettingsUpdated;
}

export interface Handled {
  cancelTraining: CancelTraining;
  checkSweep: CheckSweep;
  checkTraining: CheckTraining;
  compareTraining: CompareTraining;
  deleteTraining: DeleteTraining;
  describeDataset: DescribeDataset;
  describeTraining: DescribeTraining;
  frontendLog: FrontendLog;
  getModule: GetModule;
  getUserProgressData: GetUserProgressData;
  getUserSettings: GetUserSettings;
  listDatasets: ListDatasets;
  listModules: ListModules;
  listTestRows: ListTestRows;
  listTrainings: ListTrainings;
  predict: Predict;
  renameTraining: RenameTraining;
  runSweep: RunSweep;
  runTraining: RunTraining;
  sendEmail: SendEmail;
  shareTraining: ShareTraining;
  submitAnswer: SubmitAnswer;
  unshareTraining: UnshareTraining;
  updateUserProgressData: UpdateUserProgressData;
  updateUserSettings: UpdateUserSettings;
  watchTraining: WatchTraining;
}

export interface Answers {
  cancelTraining: TrainingCancelled;
  checkSweep: SweepChecked;
  checkTraining: TrainingChecked;
  compareTraining: TrainingQueued;
  deleteTraining: TrainingDeleted;
  describeDataset: DatasetDescribed;
  describeTraining: TrainingDescribed;
  frontendLog: void;
  getModule: ModuleMessage;
  getUserProgressData: UserProgressData;
  getUserSettings: UserSettings;
  listDatasets: Datasets;
  listModules: Modules;
  listTestRows: TestRows;
  listTrainings: Trainings;
  predict: Predictions;
  renameTraining: TrainingRenamed;
  runSweep: TrainingQueued;
  runTraining: TrainingQueued;
  sendEmail: EmailResult;
  shareTraining: TrainingShared;
  submitAnswer: AnswerResult;
  unshareTraining: TrainingUnshared;
  updateUserProgressData: UserProgressUpdated;
  updateUserSettings: UserSettingsUpdated;
  watchTraining: TrainingProgress;
}
