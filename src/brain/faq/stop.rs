//! Words that say little about what a question is about, folded. One list for all languages: questions do not say theirs.

/// Whether a folded word is one of them.
pub(super) fn is_stop_word(word: &str) -> bool {
    WORDS.iter().any(|list| list.split(' ').any(|stop| stop == word))
}

const WORDS: &[&str] = &[
    // English
    "a an and any are as at be been but by can could did do does for from had has have how i if in is it its me my of on \
     or our please so some that the their them there these they this those to us was we were what when where which who \
     why will with would you your id ive im youre dont doesnt tell know want get",
    // German
    "aber als am auf aus bei bin bis da das dass dem den der des die du ein eine einem einen einer eines er es fur haben \
     habt hat hier ich ihr ihre ihren im in ist ja kann kannst konnen konnt kriege man mein meine mich mir mit nach nicht \
     noch nur oder sein sich sie sind um und uns was wann wie wo wir wird wer zu zum zur von vom denn bitte ab",
    // French
    "au aux avec ce ces cela ca c de des du elle en est et eux faire il je jai la le les leur lui ma mais me mes moi mon ne \
     nous on ou ont par pas peut puis que quel quelle quels qui quoi quand sa se ses son sur ta te tes toi ton tu un une \
     vos votre vous y sont suis avez dois pourquoi est-ce",
    // Spanish, Portuguese, Italian
    "al algo como con cual cuando del donde el ella ellos eres es esta este estos hay la las lo los me mi mis muy no nos \
     os para pero por porque puedo que quien se si sin son su sus tengo tu un una uno y ya yo cuanto",
    "ao aos com da das do dos e ela ele em essa esse esta eu foi ha isso ja mais mas meu minha na nas nem no nos num o os \
     ou pela pelo posso quais qual quando quanto se sem ser seu sua tem tenho um uma voce voces",
    "ai alla alle anche c che chi ci come con cosa dal dalla dei del della delle di dove e ed gli ha ho i il io la le lo \
     ma mi mio nel nella non per piu posso quale quando quanto sono su sul un una vi voi si",
    // Dutch, Polish, Turkish, Swedish
    "aan als bij dat de den een en er het hoe ik in is je jullie kan met mijn naar niet of om op te van voor waar wanneer \
     wat we wie zijn",
    "a czy co do gdzie i jak jaka jaki jest kiedy mam moge moj na nie o od po sa sie to w z za",
    "bir bu da de daha icin ile mi mu ne nasil nerede ve var misiniz kac",
    "att av den det du en ett for har hur i jag kan med mitt ni nar och om pa som till var vad",
    // Russian, Ukrainian
    "а б бы в вам вас во вот все вы где да для до его ее если есть же за и из или им их к как какие какой когда кто ли мне \
     можно мои мой мы на не нет но о он она они от по при с так то у уже что это я сколько",
    // Arabic
    "ما ماذا من في علي الي عن هل هو هي هذا هذه كيف اين متي كم و يا لا ان انا يمكنني لدي",
    // Korean endings stand within words, Hindi words do not.
    "क का की के म ह ह। कय कस कब कह मर आप",
];
