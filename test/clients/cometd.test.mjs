import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CometD } from 'cometd'
import { adapt } from 'cometd-nodejs-client'
import { change, contact, customChannel, named, org, setup, token, until, version } from './support.mjs'

const channel = '/data/ContactChangeEvent'

adapt()
window.console.debug = () => {}
const Plain = window.WebSocket

// open shakes hands over one transport and lets the token travel as it must
// there: in each request's header, or in that of the upgrade.
async function open(transport, accessToken) {
  window.WebSocket = class extends Plain {
    constructor(url, protocols) {
      super(url, protocols, { headers: { Authorization: `Bearer ${accessToken}` } })
    }
  }
  const client = new CometD()
  for (const other of client.getTransportTypes()) if (other !== transport) client.unregisterTransport(other)
  client.configure({
    url: `${org.url}/cometd/${version}`,
    appendMessageTypeToURL: false,
    requestHeaders: { Authorization: `Bearer ${accessToken}` },
  })
  const answer = await new Promise((resolve) => client.handshake(resolve))
  return { client, answer }
}

const listen = (client, replay, events, on = channel) =>
  new Promise((resolve) =>
    client.subscribe(on, (m) => events.push(m.data), { ext: { replay: { [on]: replay } } }, resolve),
  )

const close = (client) => new Promise((resolve) => client.disconnect(resolve))

for (const transport of ['websocket', 'long-polling']) {
  test(`${transport} delivers, and begins again after a replay id`, async () => {
    const accessToken = await token()
    const live = []
    const first = await open(transport, accessToken)
    assert.equal(first.answer.successful, true, JSON.stringify(first.answer))
    assert.equal(first.client.getTransport().type, transport)
    assert.equal((await listen(first.client, -1, live)).successful, true)
    await contact(accessToken, `${transport} 1`)
    await contact(accessToken, `${transport} 2`)
    await until('two events', () => live.length === 2)
    await close(first.client)
    await contact(accessToken, `${transport} 3`)

    const again = []
    const second = await open(transport, accessToken)
    assert.equal((await listen(second.client, live[0].event.replayId, again)).successful, true)
    await until('the events after the first', () => again.length === 2)
    await contact(accessToken, `${transport} 4`)
    await until('a live event', () => again.length === 3)
    await close(second.client)
    assert.deepEqual(named(live), [1, 2].map((n) => `${transport} ${n}`))
    assert.deepEqual(named(again), [2, 3, 4].map((n) => `${transport} ${n}`))
  })

  test(`${transport} listens to several channels, and to what is kept`, async () => {
    const accessToken = await token()
    const custom = await customChannel('/data/Meteor__chn')
    const id = await contact(accessToken, `${transport} several`)
    const { client } = await open(transport, accessToken)
    const all = []
    const own = []
    assert.equal((await listen(client, -2, all, '/data/ChangeEvents')).successful, true)
    assert.equal((await listen(client, -1, own, custom)).successful, true)
    await until('what is kept', () => all.some((e) => e.payload.ChangeEventHeader.recordIds.includes(id)))
    await change(accessToken, id, { MailingCity: 'Basel', Email: 'several@example.com' })
    await change(accessToken, id, { Title: null, Phone: '1' })
    await until('both changes', () => own.length === 2)
    assert.equal(own[1].payload.Email, 'several@example.com')
    assert.deepEqual(own[1].payload.MailingAddress, { City: 'Basel' })
    assert.equal((await listen(client, -1, [], '/data/NonsenseChangeEvent')).successful, false)
    const left = await new Promise((resolve) => client.unsubscribe({ channel: custom }, resolve)).catch(() => null)
    if (left) assert.equal(left.successful, true)
    await close(client)
  })

  test(`${transport} tells why it refuses`, async () => {
    const { client } = await open(transport, await token())
    const unknown = await listen(client, 999_999_999, [])
    assert.equal(unknown.successful, false)
    assert.match(unknown.error, /^400::The replayId \{999999999\} you provided was invalid/)
    await close(client)
    const denied = await open(transport, 'wrong')
    assert.equal(denied.answer.successful, false)
  })
}

for (const transport of ['websocket', 'long-polling']) {
  test(`${transport} delivers platform events`, async () => {
    const accessToken = await token()
    const name = `Beacon${transport.length}__e`
    await setup('fields', { op: 'object', object: name, fields: [{ name: 'Text__c', type: 'string', length: 40 }] })
    const { client } = await open(transport, accessToken)
    const events = []
    await listen(client, -1, events, `/event/${name}`)
    const answer = await fetch(`${org.url}/services/data/v${version}/sobjects/${name}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ Text__c: 'Lit' }),
    })
    const { errors } = await answer.json()
    await until('the event', () => events.length === 1)
    await close(client)
    assert.deepEqual([events[0].payload.Text__c, events[0].event.EventUuid], ['Lit', errors[0].message])
  })
}
