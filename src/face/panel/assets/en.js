// What shared parts of pages say. The build puts here what stands as `English|Deutsch` in the scripts of this folder.

export default {
  cancel: 'Cancel',
};
