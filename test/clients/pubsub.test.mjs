import assert from 'node:assert/strict'
import { test } from 'node:test'
import PubSubApiClient from 'salesforce-pubsub-api-client'
import { contact, named, org, token, until } from './support.mjs'

const topic = '/data/ContactChangeEvent'
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

async function open() {
  const client = new PubSubApiClient(
    {
      authType: 'oauth-client-credentials',
      loginUrl: org.url,
      clientId: org.clientId,
      clientSecret: org.clientSecret,
      pubSubEndpoint: org.pubsub,
      rejectUnauthorizedSsl: false, // the certificate is of this run
    },
    quiet,
  )
  await client.connect()
  return client
}

// into gathers what a subscription says.
const into = (events, told) => (_, kind, data) => {
  if (kind === 'event') events.push(data)
  else told.push(kind === 'error' ? `error ${data}` : kind)
}

test('Pub/Sub delivers, and begins again after a replay id', async () => {
  const accessToken = await token()
  const client = await open()
  const live = []
  const told = []
  await contact(accessToken, 'Pub/Sub 0')
  client.subscribeFromEarliestEvent(topic, into(live, told), 1)
  await until('the earliest event', () => live.length === 1)
  await until('the end of what was asked for', () => told.includes('lastEvent'))
  client.requestAdditionalEvents(topic, 2)
  await contact(accessToken, 'Pub/Sub 1')
  await contact(accessToken, 'Pub/Sub Ø')
  await until('two more', () => live.length === 3)
  client.close()

  const other = await open()
  const again = []
  await contact(accessToken, 'Pub/Sub 3')
  other.subscribeFromReplayId(topic, into(again, []), null, live[0].replayId)
  await until('the events after the first', () => again.length === 3)
  other.close()
  assert.deepEqual(named(live), ['Pub/Sub 0', 'Pub/Sub 1', 'Pub/Sub Ø'])
  assert.deepEqual(named(again), ['Pub/Sub 1', 'Pub/Sub Ø', 'Pub/Sub 3'])
})

test('a change names the fields that it changed', async () => {
  const accessToken = await token()
  const id = await contact(accessToken, 'Bitmaps')
  const client = await open()
  const events = []
  const told = []
  client.subscribe(topic, into(events, told))
  const change = async (body) => {
    const answer = await fetch(`${org.url}/services/data/v66.0/sobjects/Contact/${id}`, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    assert.equal(answer.status, 204)
  }
  // Live begins when the org has read the request: repeat until it is heard.
  for (let n = 0; events.length === 0 && n < 100; n++) {
    await change({ FirstName: `Turn ${n}`, MailingCity: `Town ${n}`, Title: n % 2 ? null : 'Pilot' })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await until('an update', () => events.length > 0)
  client.close()
  const header = events[0].payload.ChangeEventHeader
  assert.equal(header.changeType, 'UPDATE')
  assert.deepEqual(header.recordIds, [id])
  for (const field of ['Name.FirstName', 'MailingAddress.City', 'Title', 'LastModifiedDate'])
    assert.ok(header.changedFields.includes(field), `${field} in ${header.changedFields}`)
})

test('an unknown topic is refused', async () => {
  const client = await open()
  const told = []
  client.subscribe('/data/NonsenseChangeEvent', into([], told), 1)
  await until('a refusal', () => told.some((t) => t.startsWith('error')))
  client.close()
})
