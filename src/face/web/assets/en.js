export default { bots: 'Bots', cancel: 'Cancel' };
