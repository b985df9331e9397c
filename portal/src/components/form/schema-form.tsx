import {
  Button,
  Caption1,
  Checkbox,
  Field as FormField,
  Input,
  Select,
  Switch,
  Textarea,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useId, useState, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { words } from "../../words/form.ts";
import { DirectoryPicker } from "./directory-picker.tsx";
import { escape, fitting, reach, type Choice, type Field, type Json } from "./fields.ts";

import { JsonArea } from "./json-area.tsx";
import { LinesArea } from "./lines-area.tsx";
import { localOf, momentOf, zoneName } from "./local-time.ts";
import { problemIn } from "./problems.ts";

export type Values = Readonly<Record<string, Json | undefined>>;
/** JSON pointer -> what to write there. */
export type Problems = ReadonlyMap<string, string>;

interface Given {
  readonly fields: readonly Field[];
  readonly values: Values;
  readonly problems: Problems;
  readonly onChange: (values: Values) => void;
  /** The pointer of the object in which the fields are. */
  readonly at: string;
}

const useStyles = makeStyles({
  form: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", rowGap: tokens.spacingVerticalL, maxWidth: "640px" },
  group: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    rowGap: tokens.spacingVerticalM,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalM,
    margin: 0,
    minWidth: 0,
  },
  field: { gridTemplateColumns: "minmax(0, 1fr)" },
  slider: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalM },
  range: { flexGrow: 1, minWidth: 0, accentColor: tokens.colorBrandBackground },
  number: { width: "112px" },
  select: { minWidth: 0, maxWidth: "100%" },
  boxes: { border: "none", margin: 0, padding: 0, minWidth: 0, display: "grid", rowGap: tokens.spacingVerticalS },
  problem: { color: tokens.colorStatusDangerForeground1 },
  several: { display: "grid", maxHeight: "320px", overflowY: "auto" },
});

/** The fields of one step of a wizard, with what is wrong beside each. */
export function SchemaForm({ fields, values, problems, onChange, at }: Given): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.form}>
      {fields.map((field) => (
        <Asked
          key={field.name}
          field={field}
          at={`${at}/${field.name}`}
          value={values[field.name]}
          beside={values}
          problems={problems}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </div>
  );
}

interface AskedGiven {
  readonly field: Field;
  readonly at: string;
  readonly value: Json | undefined;
  /** The values of the fields around it. */
  readonly beside: Values;
  readonly problems: Problems;
  readonly onChange: (value: Json | undefined) => void;
}

function Asked(given: AskedGiven): ReactElement {
  const { field, at, problems } = given;
  if (field.kind === "group") {
    return <Group {...given} />;
  }
  if (field.kind === "rows") {
    return <Rows {...given} />;
  }
  if (field.kind === "map") {
    return <MapRows {...given} />;
  }
  if (field.kind === "several" || isOfDirectory(field)) {
    return <Several {...given} />;
  }
  return <Single {...given} problem={problemIn(problems, at)} />;
}

/** What to do where there is nothing to choose from. */
function NothingToChoose({ field }: { readonly field: Field }): ReactElement {
  const { tenant = "" } = useParams();
  return (
    <span>
      {field.choices.length === 0 ? words.noneYet : words.noneFits}{" "}
      {field.madeBy ? <Link to={`/t/${tenant}/${field.madeBy}`}>{words.makeOne}</Link> : null}
    </span>
  );
}

/** A field with one control. */
function Single(given: AskedGiven & { readonly problem: string | undefined }): ReactElement {
  const styles = useStyles();
  const { field, problem } = given;
  return (
    <FormField
      className={styles.field}
      label={field.label}
      required={field.required}
      hint={
        field.kind === "moment"
          ? [field.help, words.inZone({ zone: zoneName() })].filter(Boolean).join(" ")
          : field.help
      }
      {...(problem === undefined ? {} : { validationState: "error" as const, validationMessage: problem })}
    >
      <Control {...given} />
    </FormField>
  );
}

function Control({ field, value, beside, onChange }: AskedGiven): ReactElement {
  const styles = useStyles();
  const nothing = field.nullable === true ? null : undefined;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const choices = fitting(field.choices, beside);
  const write = (next: string): void => onChange(next === "" ? nothing : next);
  switch (field.kind) {
    case "one":
      return choices.length === 0 ? (
        <NothingToChoose field={field} />
      ) : (
        <Select
          className={styles.select}
          select={{ className: styles.select }}
          value={text}
          onChange={(_, data) =>
            field.numeric === true && data.value !== "" ? onChange(Number(data.value)) : write(data.value)
          }
        >
          <option value="">{field.required ? words.choose : words.notChosen}</option>
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.title}
            </option>
          ))}
        </Select>
      );
    case "switch":
      return <Switch checked={value === true} onChange={(_, { checked }) => onChange(checked)} />;
    case "number":
      return field.slides === true ? (
        <NumberSlider field={field} value={value} onChange={onChange} />
      ) : (
        <Input
          type="number"
          value={text}
          {...(field.minimum === undefined ? {} : { min: field.minimum })}
          {...(field.maximum === undefined ? {} : { max: field.maximum })}
          onChange={(_, data) => onChange(data.value === "" ? nothing : Number(data.value))}
        />
      );
    case "lines":
      return <LinesArea value={value} onChange={onChange} />;
    case "json":
      return <JsonArea value={value} onChange={onChange} />;
    case "long":
      return <Textarea value={text} resize="vertical" onChange={(_, data) => write(data.value)} />;
    case "moment":
      return (
        <Input
          type="datetime-local"
          value={localOf(text)}
          onChange={(_, data) => onChange(momentOf(data.value) ?? nothing)}
        />
      );
    case "secret":
      return <Input type="password" autoComplete="off" value={text} onChange={(_, data) => write(data.value)} />;
    default:
      return choices.length === 0 ? (
        <Input value={text} onChange={(_, data) => write(data.value)} />
      ) : (
        <NewName value={text} taken={choices} onChange={write} />
      );
  }
}

/** A number that is written, or set by a slider. */
function NumberSlider({ field, value, onChange }: Pick<AskedGiven, "field" | "value" | "onChange">): ReactElement {
  const styles = useStyles();
  const { minimum = 0, maximum = 5_000 } = field;
  const number = typeof value === "number" ? value : minimum;
  return (
    <div className={styles.slider}>
      {/* Not Fluent's: within a field that would say aria-required, which no slider may. */}
      <input
        type="range"
        className={styles.range}
        aria-label={field.label}
        min={minimum}
        max={reach(number, maximum)}
        value={number}
        onChange={({ target }) => onChange(target.valueAsNumber)}
      />
      <Input
        type="number"
        className={styles.number}
        value={typeof value === "number" ? String(value) : ""}
        min={minimum}
        max={maximum}
        onChange={(_, data) =>
          onChange(data.value === "" ? (field.nullable === true ? null : undefined) : Number(data.value))
        }
      />
    </div>
  );
}

/** A name that people choose; those that are there are offered. */
function NewName(given: {
  readonly value: string;
  readonly taken: readonly Choice[];
  readonly onChange: (name: string) => void;
}): ReactElement {
  const { value, taken, onChange } = given;
  const list = useId();
  return (
    <>
      <Input value={value} list={list} autoComplete="off" onChange={(_, data) => onChange(data.value)} />
      <datalist id={list}>
        {taken.map((each) => (
          <option key={each.value} value={each.value}>
            {each.title}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** What is wrong with something that has no single control. */
function Wrong({ text }: { readonly text: string | undefined }): ReactElement | null {
  const styles = useStyles();
  return text === undefined ? null : (
    <div role="alert" className={styles.problem}>
      {text}
    </div>
  );
}

function isOfDirectory({ kind }: Field): boolean {
  return kind === "directoryGroups" || kind === "directoryPrincipals";
}

/** Boxes of which several can be chosen. Fluent's Field is for one control: it would give all of them one id. */
function Several({ field, at, value, beside, problems, onChange }: AskedGiven): ReactElement {
  const styles = useStyles();
  const chosen = Array.isArray(value) ? (value as readonly string[]) : [];
  const problem = problemIn(problems, at);
  const offered = fitting(field.choices, beside);
  return (
    <fieldset className={styles.boxes}>
      <legend>
        {field.label}
        {field.required ? words.required : ""}
      </legend>
      {isOfDirectory(field) ? (
        <DirectoryPicker
          hasUsers={field.kind === "directoryPrincipals"}
          known={field.choices}
          chosen={chosen}
          onChange={(next) => onChange(next)}
        />
      ) : (
        <div className={styles.several}>
          {offered.length === 0 && <NothingToChoose field={field} />}
          {offered.map((each) => (
            <Checkbox
              key={each.value}
              label={
                field.ordered === true && chosen.length > 1
                  ? inOrder(each.title, chosen.indexOf(each.value))
                  : each.title
              }
              checked={chosen.includes(each.value)}
              onChange={(_, { checked }) =>
                onChange(checked === true ? [...chosen, each.value] : chosen.filter((id) => id !== each.value))
              }
            />
          ))}
        </div>
      )}
      {field.help === "" ? null : <Caption1>{field.help}</Caption1>}
      <Wrong text={problem} />
    </fieldset>
  );
}

function Group({ field, at, value, problems, onChange }: AskedGiven): ReactElement {
  const styles = useStyles();
  const isThere = value !== undefined && value !== null;
  const [before, setBefore] = useState<Json>({});
  const fill = (isFilled: boolean): void => {
    setBefore(value ?? before); // what was written comes back with it
    onChange(isFilled ? before : undefined);
  };
  const problem = problems.get(at);
  return (
    <fieldset className={styles.group}>
      <legend>{field.label}</legend>
      {field.help}
      {!field.required && (
        <Switch label={words.fillIn} checked={isThere} onChange={(_, { checked }) => fill(checked)} />
      )}
      <Wrong text={problem} />
      {(isThere || field.required) && (
        <SchemaForm
          fields={field.fields}
          values={(value ?? {}) as Values}
          problems={problems}
          onChange={(next) => onChange(next as Json)}
          at={at}
        />
      )}
    </fieldset>
  );
}

function Rows({ field, at, value, problems, onChange }: AskedGiven): ReactElement {
  const styles = useStyles();
  const rows = Array.isArray(value) ? (value as readonly Values[]) : [];
  const change = (index: number, next: Values): void =>
    onChange(rows.map((row, place) => (place === index ? next : row)) as Json);
  return (
    <fieldset className={styles.group}>
      <legend>{field.label}</legend>
      {field.help}
      <Wrong text={problems.get(at)} />
      {rows.map((row, index) => (
        // Rows have no identity of their own: their place is what errors name too.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={styles.group}>
          {field.ordered === true && rows.length > 1 && (
            <strong>{words.rowOf({ place: index + 1, count: rows.length })}</strong>
          )}
          <Wrong text={problems.get(`${at}/${index}`)} />
          <SchemaForm
            fields={field.fields}
            values={row}
            problems={problems}
            onChange={(next) => change(index, next)}
            at={`${at}/${index}`}
          />
          {field.ordered === true && index > 0 && (
            <Button onClick={() => onChange(movedUp(rows, index) as Json)}>{words.moveUp}</Button>
          )}
          <Button onClick={() => onChange(rows.filter((_, place) => place !== index) as Json)}>
            {words.removeRow}
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...rows, {}] as Json)}>{words.addRow}</Button>
    </fieldset>
  );
}

/** Return the rows with one before the one that was above it. */
function movedUp(rows: readonly Values[], index: number): readonly Values[] {
  const [above, row] = [rows[index - 1], rows[index]];
  return above === undefined || row === undefined ? rows : rows.with(index - 1, row).with(index, above);
}

type Entry = readonly [name: string, value: Json | undefined];

/** What people name themselves, such as seats by part number: a row for each name. A name that is left empty is sent, so that the service says so. */
function MapRows({ field, at, value, problems, onChange }: AskedGiven): ReactElement {
  const styles = useStyles();
  const [entries, setEntries] = useState<readonly Entry[]>(() => Object.entries((value ?? {}) as Values));
  const write = (next: readonly Entry[]): void => {
    setEntries(next);
    onChange(Object.fromEntries(next.map(([name, each]) => [name, each ?? (isPlain(field) ? null : {})])) as Json);
  };
  const change = (index: number, next: Entry): void =>
    write(entries.map((entry, place) => (place === index ? next : entry)));
  const problem = problems.get(at);
  return (
    <fieldset className={styles.group}>
      <legend>{field.label}</legend>
      {field.help}
      <Wrong text={problem} />
      {entries.map(([name, each], index) => (
        // A row has no identity but its place while its name is written.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={styles.group}>
          <MapRow
            field={field}
            at={`${at}/${escape(name)}`}
            entry={[name, each]}
            isTwice={entries.some(([other], place) => place !== index && other === name)}
            problems={problems}
            onChange={(next) => change(index, next)}
          />
          <Button onClick={() => write(entries.filter((_, place) => place !== index))}>{words.removeRow}</Button>
        </div>
      ))}
      <Button onClick={() => write([...entries, ["", undefined]])}>{words.addRow}</Button>
    </fieldset>
  );
}

interface MapRowGiven {
  readonly field: Field;
  readonly at: string;
  readonly entry: Entry;
  readonly isTwice: boolean;
  readonly problems: Problems;
  readonly onChange: (entry: Entry) => void;
}

function MapRow({ field, at, entry: [name, value], isTwice, problems, onChange }: MapRowGiven): ReactElement {
  const [only] = field.fields;
  return (
    <>
      {field.keys !== undefined && (
        <Single
          field={field.keys}
          at={at}
          value={name}
          beside={{}}
          problems={problems}
          problem={isTwice ? words.namedTwice : isPlain(field) ? undefined : problems.get(at)}
          onChange={(next) => onChange([typeof next === "string" ? next : "", value])}
        />
      )}
      {isPlain(field) && only !== undefined ? (
        <Asked
          field={only}
          at={at}
          value={value}
          beside={{}}
          problems={problems}
          onChange={(next) => onChange([name, next])}
        />
      ) : (
        <SchemaForm
          fields={field.fields}
          values={(value ?? {}) as Values}
          problems={problems}
          onChange={(next) => onChange([name, next as Json])}
          at={at}
        />
      )}
    </>
  );
}

/** Whether the values of a map are no objects. */
function isPlain(field: Field): boolean {
  return field.fields.length === 1 && field.fields[0]?.name === "";
}

/** A choice with its place among those that are chosen; -1 where it is not. */
function inOrder(title: string, place: number): string {
  return place < 0 ? title : words.inOrder({ title, place: place + 1 });
}
