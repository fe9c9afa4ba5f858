/** People who write, in their own scripts. All domains are reserved ones (RFC 2606). */
export interface Correspondent {
  readonly name: string
  readonly address: string
  readonly language: string
}

export const CORRESPONDENTS: readonly Correspondent[] = [
  { name: 'Olivia Carter', address: 'olivia@carter.example', language: 'en' },
  { name: 'Jürgen Müßig', address: 'juergen@werkstatt.example', language: 'de' },
  { name: 'Анна Соколова', address: 'anna@sokolova.example', language: 'ru' },
  { name: 'Zoé Lefèvre', address: 'zoe@atelier.example', language: 'fr' },
  { name: 'José Ñíguez', address: 'jose@taller.example', language: 'es' },
  { name: 'Ελένη Παπαδάκη', address: 'eleni@nisos.example', language: 'el' },
  { name: '山田 太郎', address: 'taro@yamada.example', language: 'ja' },
  { name: '王小明', address: 'xiaoming@wang.example', language: 'zh' },
  { name: '김민준', address: 'minjun@seoul.example', language: 'ko' },
  { name: 'ليلى حداد', address: 'layla@haddad.example', language: 'ar' },
  { name: 'נועה לוי', address: 'noa@levi.example', language: 'he' },
  { name: 'अर्जुन शर्मा', address: 'arjun@sharma.example', language: 'hi' },
  { name: 'Çağla Şahin', address: 'cagla@sahin.example', language: 'tr' },
  { name: 'Łukasz Żółć', address: 'lukasz@zolc.example', language: 'pl' },
  { name: 'สมชาย ใจดี', address: 'somchai@jaidee.example', language: 'th' },
]

/** Subjects and sentences by language. */
export const PHRASES: Readonly<Record<string, { readonly subjects: readonly string[]; readonly sentences: readonly string[] }>> = {
  en: {
    subjects: ['Lunch on Thursday?', 'Notes from the meeting', 'Your order has shipped', 'Photos from the lake'],
    sentences: [
      'I have attached the draft.',
      'Could you look at it before Friday?',
      'The train was late again.',
      'Thank you for your patience.',
    ],
  },
  de: {
    subjects: ['Rückfrage zum Angebot', 'Grüße aus Köln', 'Schlüsselübergabe'],
    sentences: ['Die Übergabe ist um acht Uhr.', 'Größe und Gewicht stehen im Anhang.', 'Können wir das morgen klären?'],
  },
  ru: {
    subjects: ['Договор на подпись', 'Билеты в театр', 'Отчёт за квартал'],
    sentences: ['Отправляю исправленную версию.', 'Встречаемся у входа в семь.', 'Позвоните, пожалуйста, завтра.'],
  },
  fr: {
    subjects: ['Réunion décalée', 'Devis n° 42', 'Où êtes-vous ?'],
    sentences: ['Le café est à côté de la gare.', 'Ça marche pour mardi.', 'Voici les pièces demandées.'],
  },
  es: {
    subjects: ['¿Vienes mañana?', 'Factura del año', 'Niños y bañadores'],
    sentences: ['Te espero en la estación.', 'El informe está casi listo.', '¡Qué buena noticia!'],
  },
  el: { subjects: ['Καλημέρα', 'Το τιμολόγιο'], sentences: ['Το πλοίο φεύγει στις έξι.', 'Ευχαριστώ πολύ για τη βοήθεια.'] },
  ja: {
    subjects: ['会議の議事録', '桜の写真をお送りします'],
    sentences: ['お世話になっております。', '添付ファイルをご確認ください。', 'よろしくお願いいたします。'],
  },
  zh: { subjects: ['关于下周的安排', '合同已签署'], sentences: ['请查收附件。', '我们周三下午见。', '谢谢您的帮助。'] },
  ko: { subjects: ['회의 일정 안내', '사진 보내 드립니다'], sentences: ['첨부 파일을 확인해 주세요.', '내일 다시 연락드리겠습니다.'] },
  ar: { subjects: ['موعد الاجتماع', 'الفاتورة'], sentences: ['يرجى مراجعة الملف المرفق.', 'أراك يوم الأحد.'] },
  he: { subjects: ['פגישה ביום שלישי', 'חשבונית'], sentences: ['מצורף הקובץ המעודכן.', 'נתראה בתחנה.'] },
  hi: { subjects: ['बैठक का समय', 'तस्वीरें'], sentences: ['कृपया संलग्न फ़ाइल देखें।', 'कल मिलते हैं।'] },
  tr: { subjects: ['Toplantı özeti', 'Işıklar ve gölgeler'], sentences: ['Ekteki dosyaya bakar mısın?', 'İyi günler dilerim.'] },
  pl: { subjects: ['Zażółć gęślą jaźń', 'Faktura za maj'], sentences: ['Przesyłam poprawioną wersję.', 'Do zobaczenia w środę.'] },
  th: { subjects: ['นัดประชุม', 'รูปถ่าย'], sentences: ['กรุณาตรวจสอบไฟล์แนบ', 'ขอบคุณมากครับ'] },
}
