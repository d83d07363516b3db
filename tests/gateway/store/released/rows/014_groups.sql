UPDATE device SET group_name = 'Nord' WHERE dev_eui = '70b3d57ed0000001';
