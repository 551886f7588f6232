export default { bots: 'Bots', cancel: 'Abbrechen' };
