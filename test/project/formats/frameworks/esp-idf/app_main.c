/* Where ESP-IDF would start the main task. */
void app_main(void);

int main(void) {
    app_main();
    return 0;
}
