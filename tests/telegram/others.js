// Runs Node-RED (npm) with the nodes of node-red-contrib-telegrambot and one of the flows that come with them as examples; nothing
// is changed but the base URL, which is in API. TOKEN is the bot's. Called by tests/telegram_clients.rs.
'use strict';
const fs = require('fs');
const path = require('path');

const { API, TOKEN, NODE_PATH } = process.env;
const nodes = path.join(NODE_PATH, 'node-red-contrib-telegrambot');
const flow = JSON.parse(fs.readFileSync(path.join(nodes, 'examples', 'editinlinekeyboard.json')));
const bot = flow.find((node) => node.type === 'telegram bot');
bot.baseapiurl = API;
const tab = { id: flow.find((node) => node.z).z, type: 'tab', label: 'example' };
fs.writeFileSync('flows.json', JSON.stringify([tab, ...flow]));
fs.writeFileSync('flows_cred.json', JSON.stringify({ [bot.id]: { token: TOKEN } }));
const settings = { httpAdminRoot: false, httpNodeRoot: false, credentialSecret: false, flowFile: 'flows.json', nodesDir: nodes };
settings.telemetry = { enabled: false, updateNotification: false };
fs.writeFileSync('settings.js', `module.exports = ${JSON.stringify(settings)};`);
process.argv.splice(2, process.argv.length, '-u', '.', '-s', 'settings.js');
require(path.join(NODE_PATH, 'node-red', 'red.js'));
