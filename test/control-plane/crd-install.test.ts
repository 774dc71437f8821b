import { afterAll, describe, expect, inject, it } from 'vitest';
import { kinds } from '../../src/api/kinds.ts';
import { connect } from './crd-client.ts';

const client = connect(inject('apiServer'));
afterAll(() => client.close());

describe.each(kinds.map(({ resource }) => [`${resource.plural}.${resource.group}`]))('%s', name => {
  it('is established, with a structural schema and names that nobody else has', async () => {
    const { body } = await client.ask(
      'GET',
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    );
    expect(body['status']).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Established', status: 'True' }),
        expect.objectContaining({ type: 'NamesAccepted', status: 'True' }),
      ]),
    });
    // The API server reports what is not structural, and an API group that needs approval, as further conditions.
    expect(JSON.stringify(body['status'])).not.toMatch(/NonStructuralSchema|KubernetesAPIApproval/);
  });
});

it('serves Canary under its short name and category', async () => {
  const { body } = await client.ask('GET', '/apis/siskin.dev/v1beta1');
  expect(body['resources']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'canaries', shortNames: ['sis'], categories: ['siskin'] }),
      expect.objectContaining({ name: 'manifestrepositories', namespaced: false }),
    ]),
  );
});
