/** Canaries out of YAML files, as `kubectl apply` would take them. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { apiVersionOf, Canaries } from '../api/resources.ts';
import type { KubeObject } from '../runtime/port.ts';
import { exitCodes, Failure } from './failure.ts';

const AnyCanary = z.looseObject({
  apiVersion: z.literal(apiVersionOf(Canaries)),
  kind: z.literal(Canaries.kind),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().exactOptional() }),
});

/** `file` may be `-` for stdin. Failure where there is none, or more than one and no name that chooses. */
export async function readManifest(file: string, name: string | undefined): Promise<KubeObject> {
  const what = file === '-' ? 'stdin' : file;
  const found = objectsOf(await read(file), what).flatMap(object => {
    const canary = AnyCanary.safeParse(object);
    return canary.success ? [canary.data] : [];
  });
  const chosen = found.filter(({ metadata }) => name === undefined || metadata.name === name);
  const [canary] = chosen;
  if (canary !== undefined && chosen.length === 1) return canary;
  const names = found.map(({ metadata }) => metadata.name).join(', ');
  if (chosen.length > 1) {
    throw new Failure(`${what} holds several Canaries (${names}); name one before -f`, exitCodes.usage);
  }
  const held = names === '' ? '' : ` (it has: ${names})`;
  throw new Failure(
    `${what} holds no Canary${name === undefined ? '' : ` named ${name}`} of ${apiVersionOf(Canaries)}${held}`,
  );
}

async function read(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch {
    throw new Failure(`-f ${file}: the file cannot be read`, exitCodes.usage);
  }
}

function objectsOf(yaml: string, what: string): unknown[] {
  return parseAllDocuments(yaml).map(document => {
    const [error] = document.errors;
    // Its message quotes the lines around the place.
    if (error !== undefined) {
      const line = error.linePos?.[0].line;
      throw new Failure(
        `${what} is not YAML${line === undefined ? '' : `, see line ${line}`} (${error.code})`,
      );
    }
    const value: unknown = document.toJS();
    return value;
  });
}
