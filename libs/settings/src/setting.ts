/**
 * Settings as classes: a field is named like its environment variable, holds its default, and carries its checks as
 * class-validator decorators and its documentation as `@Setting`. README and .env.example are rendered from the same.
 */
import 'reflect-metadata';
import { ValidateBy, validateSync } from 'class-validator';

export interface SettingDoc {
  /** What is accepted, in one phrase; part of the error message. */
  readonly accepts: string;
  readonly about: string;
  /** How a refused value may be shown; secrets need one. */
  readonly mask?: (value: string) => string;
}

export type SettingsClass<T extends object> = new () => T;

export interface SettingRow extends SettingDoc {
  readonly name: string;
  readonly default: string;
}

const DOCS = Symbol('settings');

/** Documents a field and makes it readable from the environment. */
export function Setting(doc: SettingDoc): PropertyDecorator {
  return (prototype, name) => {
    const docs = new Map(ownDocs(prototype));
    docs.set(String(name), doc);
    Reflect.defineMetadata(DOCS, docs, prototype);
  };
}

/** Valid when `parse` does not throw; what it throws says what is wrong. An empty value means "not set". */
export function Parses(parse: (value: string) => unknown): PropertyDecorator {
  const fault = (value: unknown): string | undefined => {
    try {
      if (value !== '') parse(String(value));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return ValidateBy({
    name: 'parses',
    validator: {
      validate: (value) => fault(value) === undefined,
      defaultMessage: (args) => fault(args?.value) ?? '',
    },
  });
}

/** A refused setting. The message is one line: variable, value, what is accepted. */
export class SettingError extends Error {
  constructor(
    readonly setting: string,
    message: string,
  ) {
    super(message);
    this.name = 'SettingError';
  }
}

/** Reads the settings from an environment. Throws SettingError for the first that is refused. */
export function loadSettings<T extends object>(type: SettingsClass<T>, env: NodeJS.ProcessEnv): T {
  const settings = new type();
  const docs = docsOf(type.prototype as object);
  for (const name of docs.keys()) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') Object.assign(settings, { [name]: value });
  }
  const [fault] = validateSync(settings);
  if (!fault) return settings;
  const doc = docs.get(fault.property);
  const value = String(fault.value);
  const shown = value === '' ? 'is not set' : `= ${(doc?.mask?.(value) ?? value).replaceAll(/\s+/g, ' ')}`;
  const why = fault.constraints?.['parses'];
  throw new SettingError(
    fault.property,
    `${fault.property} ${shown}${why === undefined ? '' : ` (${why})`}; accepted: ${doc?.accepts ?? ''}`,
  );
}

/** Every setting of a class with its default, in the order of declaration. */
export function describeSettings(type: SettingsClass<object>): SettingRow[] {
  const defaults = Object.entries(new type());
  const docs = docsOf(type.prototype as object);
  return [...docs].map(([name, doc]) => ({
    ...doc,
    name,
    default: String(defaults.find(([field]) => field === name)?.[1] ?? ''),
  }));
}

/** The phrase for a choice of words, for `accepts`. */
export function oneOf(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(' | ');
}

/** A class's own settings first, then those it inherits. */
function docsOf(prototype: object): ReadonlyMap<string, SettingDoc> {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return new Map([...ownDocs(prototype), ...(parent ? docsOf(parent) : [])]);
}

function ownDocs(prototype: object): ReadonlyMap<string, SettingDoc> {
  return (
    (Reflect.getOwnMetadata(DOCS, prototype) as ReadonlyMap<string, SettingDoc> | undefined) ?? new Map()
  );
}
