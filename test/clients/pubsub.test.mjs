import assert from 'node:assert/strict'
import { test } from 'node:test'
import PubSubApiClient from 'salesforce-pubsub-api-client'
import { appKey, change, contact, customChannel, named, org, setup, token, until } from './support.mjs'

const topic = '/data/ContactChangeEvent'
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

async function open(more = {}) {
  const client = new PubSubApiClient(
    {
      authType: 'oauth-client-credentials',
      loginUrl: org.url,
      clientId: org.clientId,
      clientSecret: org.clientSecret,
      pubSubEndpoint: org.pubsub,
      rejectUnauthorizedSsl: false, // the certificate is of this run
      ...more,
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

test('a managed subscription goes on after what was committed', async () => {
  const accessToken = await token()
  const account = async (Name) => {
    const answer = await fetch(`${org.url}/services/data/v66.0/sobjects/Account`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ Name }),
    })
    assert.equal(answer.status, 201)
  }
  await setup('managed_subscriptions', { developer_name: 'Managed', topic_name: '/data/AccountChangeEvent', earliest: true })
  const client = await open()
  const before = []
  const told = []
  let id
  await account('First')
  await account('Second')
  await client.subscribeWithManagedSubscription(
    'Managed',
    (subscription, kind, data) => {
      id = subscription.subscriptionId
      into(before, told)(subscription, kind, data)
    },
    2,
  )
  await until('both', () => before.length === 2)
  client.commitReplayId(id, before[0].replayId)
  // It does not hang up by itself: the org ends a stream that is asked for nothing.
  await until('the end of the stream', () => told.includes('end'))
  client.close()

  const again = await open()
  const after = []
  const refused = []
  await again.subscribeWithManagedSubscription('Managed', into(after, refused), 2)
  await until('an answer', () => after.length > 0 || refused.some((t) => t.startsWith('error')))
  again.close()
  assert.deepEqual(after.map((e) => e.payload.Name).slice(0, 1), ['Second'], refused.join())
  assert.match(id, /^18x/)
})

test('a custom channel carries what it is enriched with', async () => {
  const accessToken = await token()
  const custom = await customChannel('/data/Typed__chn')
  const id = await contact(accessToken, 'Typed')
  await change(accessToken, id, { Email: 'typed@example.com', MailingCity: 'Bern' })
  await change(accessToken, id, { Title: 'Typist' })
  const client = await open()
  const events = []
  client.subscribeFromEarliestEvent(custom, into(events, []))
  const mine = () => events.filter((e) => e.payload.ChangeEventHeader.recordIds[0] === id)
  await until('all three', () => mine().length === 3)
  client.close()
  const { payload } = mine()[2]
  assert.equal(payload.Email, 'typed@example.com')
  assert.equal(payload.MailingAddress.City, 'Bern')
  assert.equal(payload.Title, 'Typist')
})

test('a signed assertion opens it as well', async () => {
  const client = await open({ authType: 'oauth-jwt-bearer', username: org.username, privateKey: await appKey() })
  const events = []
  const accessToken = await token()
  await contact(accessToken, 'Signed')
  client.subscribeFromEarliestEvent(topic, into(events, []))
  await until('an event', () => events.length > 0)
  client.close()
})

test('a name with its password opens it as well', async () => {
  await contact(await token(), 'Opened')
  const client = await open({ authType: 'username-password', username: org.username, password: org.password })
  const events = []
  client.subscribeFromEarliestEvent(topic, into(events, []), 1)
  await until('an event', () => events.length > 0)
  client.close()
})

test('an unknown topic is refused', async () => {
  const client = await open()
  const told = []
  client.subscribe('/data/NonsenseChangeEvent', into([], told), 1)
  await until('a refusal', () => told.some((t) => t.startsWith('error')))
  client.close()
})

test('a session of its own opens it as well, and publishes', async () => {
  const accessToken = await token()
  await setup('fields', {
    op: 'object',
    object: 'Order__e',
    fields: [
      { name: 'Number__c', type: 'string', length: 40, required: true },
      { name: 'Amount__c', type: 'double', precision: 16, scale: 2 },
    ],
  })
  const own = '/event/Order__e'
  const client = await open({
    authType: 'user-supplied', accessToken,
    instanceUrl: org.url.replace('http:', 'https:'), // it takes no other, and only passes it on
  })
  const order = (number) => ({
    CreatedDate: Date.now(), CreatedById: '005000000000000AAA', Number__c: { string: number }, Amount__c: { double: 12.5 },
  })
  const one = await client.publish(own, order('A'), '0f8fad5b-d9cb-469f-a165-70867728950e')
  assert.equal(one.correlationKey, '0f8fad5b-d9cb-469f-a165-70867728950e')
  const told = []
  await client.publishBatch(own, [{ payload: order('B') }, { id: 'c', payload: order('C') }], (_, kind, data) => {
    if (kind === 'publishResponse') told.push(...data.results)
  })
  await until('both results', () => told.length === 2)
  assert.equal(told[1].correlationKey, 'c')
  const events = []
  client.subscribeFromReplayId(own, into(events, []), 2, one.replayId)
  await until('what came after the first', () => events.length === 2)
  assert.deepEqual(events.map((e) => [e.payload.Number__c, e.payload.Amount__c]), [['B', 12.5], ['C', 12.5]])
  await assert.rejects(client.publish('/data/ContactChangeEvent', {}))
  client.close()
})
